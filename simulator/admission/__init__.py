"""What a write has to pass after it was understood and before it is kept."""
