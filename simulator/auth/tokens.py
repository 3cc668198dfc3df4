"""Tokens of ServiceAccounts: JSON web tokens signed with the simulator's own key (ES256)."""

from __future__ import annotations

import base64
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from simulator.objects import dump, load, new_uid

ISSUER = "https://kubernetes.default.svc"
SIZE = 32


class BadToken(ValueError):
    """A token that is none of ours, or has run out."""


def token_make(
    key: ec.EllipticCurvePrivateKey,
    *,
    namespace: str,
    account: str,
    uid: str,
    seconds: int,
    bound: dict[str, Any] | None,
) -> str:
    """A token for an account; `bound` names the Secret or Pod it dies with."""
    now = int(time.time())
    private: dict[str, Any] = {
        "namespace": namespace,
        "serviceaccount": {"name": account, "uid": uid},
    }
    if bound:
        private[str(bound["kind"]).lower()] = {"name": bound["name"], "uid": bound.get("uid", "")}
    claims = {
        "aud": [ISSUER],
        "exp": now + seconds,
        "iat": now,
        "iss": ISSUER,
        "jti": new_uid(),
        "kubernetes.io": private,
        "nbf": now,
        "sub": f"system:serviceaccount:{namespace}:{account}",
    }
    body = f"{_text(dump({'alg': 'ES256', 'kid': 'simulator'}))}.{_text(dump(claims))}"
    r, s = decode_dss_signature(key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{body}.{_text(r.to_bytes(SIZE, 'big') + s.to_bytes(SIZE, 'big'))}"


def token_read(key: ec.EllipticCurvePrivateKey, token: str) -> dict[str, Any]:
    """The claims of a token; raises BadToken. Whether the account still is, the caller sees."""
    body, _dot, signature = token.rpartition(".")
    try:
        raw = _bytes(signature)
        pair = encode_dss_signature(
            int.from_bytes(raw[:SIZE], "big"), int.from_bytes(raw[SIZE:], "big")
        )
        key.public_key().verify(pair, body.encode(), ec.ECDSA(hashes.SHA256()))
        claims: dict[str, Any] = load(_bytes(body.partition(".")[2]))
    except (ValueError, InvalidSignature) as problem:
        raise BadToken(str(problem)) from None
    if claims["exp"] < time.time():
        raise BadToken("expired")
    return claims


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
