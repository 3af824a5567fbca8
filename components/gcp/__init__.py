"""What Google Cloud has: storage, network, cluster, nodes, identities.

A component knows its own resources; a file system, the class and the identity that
reads a bucket are three.
"""
