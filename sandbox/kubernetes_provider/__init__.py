"""A stand-in for Pulumi's Kubernetes provider, where that cannot be had.

It speaks the plugin protocol, puts every object through the API server, and
behaves as `pulumi-resource-kubernetes` 4.34 does: the state of the one can be
taken on by the other.
"""
