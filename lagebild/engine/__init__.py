"""Where the belts run when not in one process: NAME.py is one engine."""
