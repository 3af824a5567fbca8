"""What an environment has on Google Cloud."""
