"""Finding things by name or number, whatever kind they are."""
