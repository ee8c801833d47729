"""One module per group of sections; each turns facts into blocks."""
