"""What it takes to reach one cluster: a value, and its form at rest."""

from __future__ import annotations

from typing import Self

import msgspec

from inventory.k8s.kubeconfig import ParsedKubeconfig

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 60.0


class Credential(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to prove who Berth is; the only thing that is ever sealed."""

    token: str = ""
    client_cert_pem: str = ""
    client_key_pem: str = ""

    def __repr__(self) -> str:
        return "Credential(…)"

    @classmethod
    def of(cls, parsed: ParsedKubeconfig) -> Self:
        """Take the credential out of a parsed kubeconfig."""
        return cls(parsed.token, parsed.client_cert_pem, parsed.client_key_pem)

    def dump(self) -> bytes:
        """The bytes to seal."""
        return msgspec.json.encode(self)

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Read back what `dump` wrote."""
        return msgspec.json.decode(data, type=cls)


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Server, authority and credential of a cluster; times in seconds.

    `pace_key` names the token bucket and circuit breaker that all clients of one cluster in one
    process share; an empty one gives a client its own.
    """

    server: str
    credential: Credential
    ca_pem: str = ""
    tls_server_name: str = ""
    pace_key: str = ""
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS
