"""Spot machines: how long pods have when theirs is taken back.

Sources, read 2026-11-22: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/
spot-instance-termination-notices.html (a notice two minutes before, on a best effort
basis), https://docs.cloud.google.com/kubernetes-engine/docs/concepts/spot-vms (30
seconds, of which the pods that are not the system's have the first 15; a node pool of
GKE 1.35 can be given up to 120).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reclaim:
    """What a cloud gives pods whose machine it takes back.

    Attributes:
        notice: Seconds between the notice and the end, where nothing else is set.
        usable: Seconds of them that a pod can count on.
        link: The page of the cloud that says so.
    """

    notice: int
    usable: int
    link: str


RECLAIM = {
    "aws": Reclaim(
        120,
        # The notice has to reach the node, and the node has to tell its pods.
        110,
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
        "spot-instance-termination-notices.html",
    ),
    "gcp": Reclaim(
        15,
        15,
        "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/spot-vms",
    ),
}
"""By cloud."""
