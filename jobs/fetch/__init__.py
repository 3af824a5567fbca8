"""Fetch a dataset into a directory: whole, checked, unpacked, or not at all."""
