"""Who may enter the reading room, and as what."""
