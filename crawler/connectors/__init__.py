"""One file per kind of source; each holds a `CONNECTOR`."""
