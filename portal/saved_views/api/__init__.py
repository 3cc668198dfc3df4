"""REST of the saved views."""
