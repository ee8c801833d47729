"""One stage of the pipeline at a time, on your own files."""
