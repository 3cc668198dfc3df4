"""Questions about people and tenants."""
