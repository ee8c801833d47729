"""Stories: look at them, and correct what the program joined or parted."""
