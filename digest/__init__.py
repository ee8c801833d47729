"""Known facts -> words."""
