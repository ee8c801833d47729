"""What runs when, and how the last runs ended."""
