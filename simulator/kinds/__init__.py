"""What is particular to kinds: defaults, validation, what can't change."""
