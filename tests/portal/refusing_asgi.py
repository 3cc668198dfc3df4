"""The program on a Redis that takes nothing back, as one that has run out of memory does."""

from __future__ import annotations

from typing import NoReturn

from channels_redis.core import RedisChannelLayer
from redis.exceptions import ResponseError

from tests.portal.fast_asgi import application


async def _refuse(*_: object) -> NoReturn:
    raise ResponseError("OOM command not allowed when used memory > 'maxmemory'")


RedisChannelLayer.group_discard = _refuse

__all__ = ["application"]
