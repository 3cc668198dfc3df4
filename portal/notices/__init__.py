"""Notices: `notify` in the transaction of a change, `kinds.register` in `ready`."""

from portal.notices.notify import notify, told_since

__all__ = ["notify", "told_since"]
