"""Changes to people and tenants; each is one transaction."""
