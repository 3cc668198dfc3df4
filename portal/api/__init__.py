"""What every REST resource is built from."""
