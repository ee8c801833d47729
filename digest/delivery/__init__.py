"""CHANNEL.py: brings a rendered issue to a recipient. The file's name is the channel's kind."""
