"""Incidents: open, move, assign, note, merge; every step is kept in their log."""
