"""The commands: one file each, a folder for a group."""
