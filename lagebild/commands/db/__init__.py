"""Look after the archive: migrate, verify, backup, restore, vacuum, size."""
