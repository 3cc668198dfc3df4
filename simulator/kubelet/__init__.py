"""What nodes do with their pods."""
