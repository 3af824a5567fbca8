"""Storage, clusters and identities on AWS.

A Spec (`*_spec.py`) needs pydantic only; a component needs Pulumi. Nothing is
imported here, so that reading a Spec never loads Pulumi.
"""
