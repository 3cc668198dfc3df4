"""All components with made-up data, for looking at them and for tests; only where DEBUG is on."""
