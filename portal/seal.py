"""Sealing of secrets at rest: anyone in the house can close the box, only workers can open it.

A box is made for one public key (X25519), so web processes seal what a person hands in and can't
read it afterwards. Each box has its own key, agreed with a throw-away key pair and drawn out with
HKDF; AES-256-GCM binds the text to its `context`, so a box that is copied to another row stays
shut. The pair is derived from BERTH_SEAL_KEY; web processes get BERTH_SEAL_PUBLIC_KEY alone.

Layout: version (1 byte), id of the public key (8), throw-away public key (32), nonce (12), text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.errors import Unavailable

VERSION = 1
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
HEAD_BYTES = 1 + ID_BYTES
BODY_AT = HEAD_BYTES + KEY_BYTES + NONCE_BYTES


class SealUnavailable(Unavailable):
    """This process holds no key for what was asked of it."""

    code = "seal-unavailable"
    permanent = True


class SealBroken(Unavailable):
    """The box was changed, moved to another place, or made for another key."""

    code = "seal-broken"
    permanent = True


def seal(plaintext: bytes, context: str) -> bytes:
    """Close `plaintext` into a box that opens only under the same `context`.

    Raises SealUnavailable where neither BERTH_SEAL_KEY nor BERTH_SEAL_PUBLIC_KEY is set.
    """
    public = _public_key()
    throwaway = X25519PrivateKey.generate()
    throwaway_bytes = throwaway.public_key().public_bytes_raw()
    head = bytes([VERSION]) + _key_id(public)
    key = _box_key(throwaway.exchange(public), throwaway_bytes + public.public_bytes_raw())
    nonce = os.urandom(NONCE_BYTES)
    text = AESGCM(key).encrypt(nonce, plaintext, head + context.encode())
    return head + throwaway_bytes + nonce + text


def unseal(box: bytes, context: str) -> bytes:
    """Open a box. Raises SealUnavailable without BERTH_SEAL_KEY, SealBroken if it doesn't open."""
    box = bytes(box)
    private = _private_key()
    public = private.public_key()
    head = bytes([VERSION]) + _key_id(public)
    if len(box) <= BODY_AT or box[:HEAD_BYTES] != head:
        raise SealBroken(_("This secret was sealed with another key. Hand it in again."))
    throwaway_bytes = box[HEAD_BYTES : HEAD_BYTES + KEY_BYTES]
    nonce = box[HEAD_BYTES + KEY_BYTES : BODY_AT]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(throwaway_bytes))
        key = _box_key(shared, throwaway_bytes + public.public_bytes_raw())
        return AESGCM(key).decrypt(nonce, box[BODY_AT:], head + context.encode())
    except (InvalidTag, ValueError):
        msg = _("This secret was changed or does not belong here. Hand it in again.")
        raise SealBroken(msg) from None


def public_key_derive(seal_key: bytes) -> str:
    """The base64 text for BERTH_SEAL_PUBLIC_KEY that belongs to a 32-byte seal key."""
    public = _private_from(seal_key).public_key()
    return base64.b64encode(public.public_bytes_raw()).decode("ascii")


def can_unseal() -> bool:
    """Tell whether this process holds the key that opens boxes."""
    return bool(settings.SEAL_KEY)


def _private_from(seal_key: bytes) -> X25519PrivateKey:
    drawn = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"berth seal pair v1")
    return X25519PrivateKey.from_private_bytes(drawn.derive(seal_key))


def _private_key() -> X25519PrivateKey:
    if not settings.SEAL_KEY:
        msg = _("This process can't open sealed secrets: BERTH_SEAL_KEY is not set for it.")
        raise SealUnavailable(msg)
    return _private_from(settings.SEAL_KEY)


def _public_key() -> X25519PublicKey:
    if settings.SEAL_KEY:
        return _private_from(settings.SEAL_KEY).public_key()
    text = settings.SEAL_PUBLIC_KEY
    if not text:
        msg = _("Secrets can't be sealed: set BERTH_SEAL_KEY or BERTH_SEAL_PUBLIC_KEY.")
        raise SealUnavailable(msg)
    try:
        return X25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        msg = _("BERTH_SEAL_PUBLIC_KEY must be 32 bytes in base64.")
        raise SealUnavailable(msg) from None


def _key_id(public: X25519PublicKey) -> bytes:
    return hashlib.sha256(public.public_bytes_raw()).digest()[:ID_BYTES]


def _box_key(shared: bytes, pair: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=pair, info=b"berth seal box v1").derive(shared)
