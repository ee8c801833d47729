"""Check, list, try and mend what is watched."""
