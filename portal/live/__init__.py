"""Live events: `publish` in the transaction of a change, `topics.register` in `ready`."""

from portal.live.outbox import publish, revoke

__all__ = ["publish", "revoke"]
