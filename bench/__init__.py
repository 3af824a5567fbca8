"""What this project costs over doing the same by hand, in ratios of one run."""
