"""The part of the Common Expression Language that admission policies are written in."""
