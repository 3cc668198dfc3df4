"""Two tenants who must not see each other, each with a row of everything: `world_make`."""

from tests.surface.world.everything import World, world_make
from tests.surface.world.marks import ALPHA, BRAVO, MISSING, text_of

__all__ = ["ALPHA", "BRAVO", "MISSING", "World", "text_of", "world_make"]
