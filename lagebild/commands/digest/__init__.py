"""Look at kept issues: their numbers, their queries, and whether they can be made again."""
