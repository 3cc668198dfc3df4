"""REST of the notices."""
