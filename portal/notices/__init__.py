"""Notices: `notify` in the transaction of a change, `kinds.register` in `ready`."""

from portal.notices.notify import notices_settle, notify, told_since, unread_urls

__all__ = ["notices_settle", "notify", "told_since", "unread_urls"]
