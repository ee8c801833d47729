"""Trained weights, each with a card, and the scripts that made them."""
