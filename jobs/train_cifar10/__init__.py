"""Train a small network on CIFAR-10, from files or a bucket, in one pod or more."""
