"""What the reading room is lent by the other rooms: the roof joins them, the pages do not know them."""
