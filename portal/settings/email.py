"""Where mails go, read from one address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BACKENDS = "django.core.mail.backends"
TIMEOUT_SECONDS = 20
SENDER = "berth@localhost"
# Scheme: port where none is given, STARTTLS, TLS from the first byte.
SMTP = {
    "smtp": (587, True, False),
    "smtps": (465, False, True),
    "smtp+plain": (25, False, False),
}


@dataclass(frozen=True, slots=True)
class Email:
    """Django's settings for mail; only what its back end looks at is set."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str | None = None
    sender: str = SENDER


def email_read(url: str) -> Email:
    """Read smtp://user:password@host:587?from=berth@example.org, smtps, smtp+plain or file:///DIR.

    smtp asks for STARTTLS and smtps is TLS throughout; smtp+plain is for a relay on the same
    machine. Without an address mails are printed. Raises ImproperlyConfigured.
    """
    if not url:
        return Email(backend=f"{BACKENDS}.console.EmailBackend")
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return Email(backend=f"{BACKENDS}.filebased.EmailBackend", folder=unquote(parts.path))
    if parts.scheme not in SMTP or not parts.hostname:
        msg = (
            "BERTH_EMAIL_URL must look like smtp://user:password@host:587, smtps://host,"
            " smtp+plain://localhost or file:///a/folder."
        )
        raise ImproperlyConfigured(msg)
    port, starttls, tls = SMTP[parts.scheme]
    return Email(
        backend=f"{BACKENDS}.smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=starttls,
        tls=tls,
        sender=parse_qs(parts.query).get("from", [SENDER])[0],
    )
