"""Source -> Item."""
