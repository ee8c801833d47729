"""When things run; knows no job's content."""
