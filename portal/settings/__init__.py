"""Settings of every process; the environment decides what differs between them."""

from portal.settings.base import *  # noqa: F403
