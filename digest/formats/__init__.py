"""FORMAT.py: render(Digest) -> bytes. The file's name is the format's name."""
