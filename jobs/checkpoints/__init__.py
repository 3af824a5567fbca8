"""Checkpoints: whole or absent, on a local disk and, published from there, in a bucket.

`store` is what a training uses, `publish` and `restore` are programs beside it. They
know of each other by files in the directory of the checkpoints, and by nothing else.
"""

from jobs.checkpoints.store import BadCheckpoint, Checkpoint, CheckpointStore

__all__ = ["BadCheckpoint", "Checkpoint", "CheckpointStore"]
