"""REST of the search."""
