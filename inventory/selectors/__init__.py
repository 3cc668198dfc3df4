"""Questions to the inventory: lists, amounts, and the way to a cluster."""
