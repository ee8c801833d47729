"""What `lagebild init` writes."""
