"""Certificates, keys and tokens: are they what they claim, and when do they end. Pure."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_CERTIFICATES = 50


class PemRefused(ValueError):
    """The text is not the certificate or key it should be; `message` says which."""

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(message)
        self.message = message


def authorities_check(ca_pem: str) -> None:
    """Raise PemRefused unless the text is empty or holds certificates in PEM form."""
    if not ca_pem:
        return
    try:
        found = x509.load_pem_x509_certificates(ca_pem.encode("ascii"))
    except ValueError:
        found = []
    if not 0 < len(found) <= MAX_CERTIFICATES:
        raise PemRefused(_("The CA certificate must be one or more certificates in PEM form."))


def pair_check(cert_pem: str, key_pem: str) -> None:
    """Raise PemRefused unless both are empty or the key belongs to the certificate."""
    if not cert_pem and not key_pem:
        return
    try:
        certificate = x509.load_pem_x509_certificate(cert_pem.encode("ascii"))
        key = serialization.load_pem_private_key(key_pem.encode("ascii"), password=None)
    except TypeError:
        raise PemRefused(_("The client key is locked with a password. Unlock it first.")) from None
    except (ValueError, UnsupportedAlgorithm):
        raise PemRefused(_("The client certificate or its key is not in PEM form.")) from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise PemRefused(_("The client key does not belong to the client certificate."))


class _Claims(msgspec.Struct):
    iat: float | None = None
    exp: float | None = None
    sub: str = ""


def _claims(token: str) -> _Claims:
    """What a token says of itself; unproven, so only good for reminders."""
    parts = token.split(".")
    if len(parts) != 3:
        return _Claims()
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(raw, type=_Claims)
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        return _Claims()


def token_subject(token: str) -> str:
    """The subject that a token names, such as system:serviceaccount:berth-system:berth."""
    return _claims(token).sub


def credential_span(token: str, client_cert_pem: str) -> tuple[datetime | None, datetime | None]:
    """When a credential was made and when it ends, where it says so."""
    if client_cert_pem:
        certificate = x509.load_pem_x509_certificate(client_cert_pem.encode("ascii"))
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    claims = _claims(token)
    return _moment(claims.iat), _moment(claims.exp)


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
