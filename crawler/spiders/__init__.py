"""Scrapy's side of the room: two spiders and the road they travel on."""
