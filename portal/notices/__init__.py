"""Notices: `notify` in the transaction of a change, `kinds.register` in `ready`."""

from portal.notices.notify import notify

__all__ = ["notify"]
