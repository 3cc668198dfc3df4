"""Who asks: by a static token, a ServiceAccount's token or a client certificate."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from simulator.auth.tokens import BadToken, token_read
from simulator.store.store import Store

AUTHENTICATED = "system:authenticated"
MEMORY_SECONDS = 10.0
CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True)
class User:
    """A person or program as the API knows it."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, list[str]] = field(default_factory=dict, compare=False)

    def info(self) -> dict[str, Any]:
        """As in a review's userInfo."""
        found: dict[str, Any] = {"username": self.name}
        if self.uid:
            found["uid"] = self.uid
        if self.groups:
            found["groups"] = list(self.groups)
        if self.extra:
            found["extra"] = dict(self.extra)
        return found


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


class NotKnown(Exception):
    """401."""


class Authenticator:
    """Tells users by what they show. `tokens` are the static ones."""

    def __init__(
        self, store: Store, key: ec.EllipticCurvePrivateKey, tokens: Mapping[str, User]
    ) -> None:
        self._store = store
        self._key = key
        self._static = tokens
        self._memory: dict[str, tuple[float, User]] = {}
        self.refused: set[str] = set()

    def user_of(self, authorization: str, certificate: Mapping[str, Any] | None) -> User:
        """The user of a request; raises NotKnown for a token that is no good."""
        scheme, _space, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return self._by_token(token.strip())
        if certificate:
            return _by_certificate(certificate)
        return ANONYMOUS

    def _by_token(self, token: str) -> User:
        found = self._static.get(token)
        if found is not None:
            if found.name in self.refused:
                raise NotKnown
            return found
        kept = self._memory.get(token)
        if kept is not None and time.monotonic() - kept[0] < MEMORY_SECONDS:
            user = kept[1]
        else:
            user = self._by_claims(token)
            self._memory[token] = (time.monotonic(), user)
        if user.name in self.refused:
            raise NotKnown
        return user

    def _by_claims(self, token: str) -> User:
        try:
            claims = token_read(self._key, token)
        except BadToken:
            raise NotKnown from None
        private = claims["kubernetes.io"]
        namespace, account = private["namespace"], private["serviceaccount"]
        found = self._store.get("serviceaccounts", namespace, account["name"])
        if found is None or found.obj["metadata"]["uid"] != account["uid"]:
            raise NotKnown
        for kind, resource in (("secret", "secrets"), ("pod", "pods")):
            if kind in private:
                bound = self._store.get(resource, namespace, private[kind]["name"])
                if bound is None or bound.obj["metadata"]["uid"] != private[kind]["uid"]:
                    raise NotKnown
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        extra = {CREDENTIAL_ID: [f"JTI={claims['jti']}"]}
        return User(claims["sub"], groups, account["uid"], extra)

    def forget(self) -> None:
        """Look at every token anew."""
        self._memory.clear()


def _by_certificate(certificate: Mapping[str, Any]) -> User:
    names: dict[str, list[str]] = {}
    for part in certificate.get("subject", ()):
        for key, value in part:
            names.setdefault(key, []).append(value)
    common = names.get("commonName", [""])[0]
    return User(common, (*names.get("organizationName", ()), AUTHENTICATED))


def account_user(namespace: str, name: str) -> User:
    """A ServiceAccount as the server's own controllers use it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", groups)
