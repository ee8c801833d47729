"""An invented fortnight of news and posts, served over real HTTP on loopback."""
