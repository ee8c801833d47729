"""One file per page: a request and the archive in, a page out."""
