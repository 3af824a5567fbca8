"""Storage for machine-learning training on Kubernetes, as Pulumi components."""
