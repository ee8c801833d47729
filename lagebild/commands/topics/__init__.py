"""Risk topics: lint them, run their examples, explain one text, see what a changed phrase would change."""
