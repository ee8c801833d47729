"""What the analyst on duty says of a day; the automatic layer always stands beside it."""
