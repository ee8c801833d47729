"""Rises beyond the usual: look for them, replay them over history, explain one."""
