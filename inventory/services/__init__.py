"""Changes to the inventory: each function is one transaction, or works inside the caller's."""
