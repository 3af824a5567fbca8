"""A small PyTorch training that writes checkpoints and resumes from them."""
