"""One busy installation in rows, for every page at once: `world_make`."""

from tests.browser.world.everything import World, world_make

__all__ = ["World", "world_make"]
