"""Everybody, for the tests of rights."""

from tests.people import people, people_committed

__all__ = ["people", "people_committed"]
