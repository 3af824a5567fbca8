"""What the platforms allow, as tables with sources and pure functions over them.

Nothing here imports Pulumi or a cloud SDK: a fact is looked up, never fetched.
"""
