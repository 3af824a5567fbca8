"""What only AWS knows of an environment."""
