"""Objects, their versions and what happened to them."""
