"""Which language models are in use, and how to get better ones."""
