"""Storms rage in the world of the scheduling tests."""

from tests.scheduling.conftest import small_bed, world

__all__ = ["small_bed", "world"]
