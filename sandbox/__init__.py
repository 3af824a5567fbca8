"""The Pulumi engine and a single-node Kubernetes for machines that have neither."""
