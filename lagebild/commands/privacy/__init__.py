"""Erase, hand out, forget: what people may ask of us, what time does by itself, and the log of both."""
