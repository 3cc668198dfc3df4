"""Names on the channel layer; made of hashes, so that no text of a client gets into one."""

from __future__ import annotations

import hashlib


def group_name(topic: str) -> str:
    """The channel layer's group of a topic."""
    return f"live.{hashlib.sha256(topic.encode()).hexdigest()[:40]}"


def revocation_topic(user_id: int) -> str:
    """Where it is said that a person's rights have changed."""
    return f"user.{user_id}.revoked"
