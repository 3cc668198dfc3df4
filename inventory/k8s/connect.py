"""The way from a connection to a client, for everyone outside the adapter."""

from __future__ import annotations

from inventory.k8s.client import ClusterClient, transaction_refuse
from inventory.k8s.connection import Connection
from inventory.k8s.pace import Pace
from portal.outbound import OutboundPolicy

__all__ = ["ClusterClient", "connect", "transaction_refuse"]


def connect(
    connection: Connection, *, policy: OutboundPolicy | None = None, pace: Pace | None = None
) -> ClusterClient:
    """Give a client under this installation's rules for outbound calls; it connects when used."""
    return ClusterClient(connection, policy=policy or OutboundPolicy.from_settings(), pace=pace)
