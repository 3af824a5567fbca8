"""Bring a dataset or a model into a shared directory: once, whole, and checked."""
