"""A stack's YAML in, components out."""
