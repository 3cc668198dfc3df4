"""What a token looks like and how its secret is checked. Pure but for randomness.

`berth_<12 characters>_<40 characters>`: the prefix is for secret scanners, the first part finds
the row, the second (238 bits) is the secret. Only its HMAC-SHA-256 under a numbered pepper is
kept: a fast hash is enough for a random secret, and a stolen table without the pepper is useless.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
from dataclasses import dataclass
from hashlib import sha256

from django.core.exceptions import ImproperlyConfigured

PREFIX = "berth_"
PUBLIC_LENGTH = 12
SECRET_LENGTH = 40
ALPHABET = string.ascii_letters + string.digits
SHAPE = re.compile(rf"{PREFIX}([A-Za-z0-9]{{{PUBLIC_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token split into what may be shown and what may not."""

    public_id: str
    secret: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.public_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"TokenText({self.public_id})"


def token_text_new() -> TokenText:
    """Draw a new token from the system's randomness."""
    return TokenText(public_id=_draw(PUBLIC_LENGTH), secret=_draw(SECRET_LENGTH))


def token_text_parse(text: str) -> TokenText | None:
    """Split a token as sent by a program; None where it doesn't have the shape of one."""
    match = SHAPE.fullmatch(text)
    return TokenText(*match.groups()) if match else None


def peppers_parse(setting: str) -> dict[int, str]:
    """Read `secret` (number 1) or `1:old,2:new`; the highest number signs new tokens.

    Raises ImproperlyConfigured where a number is used twice or a pepper is empty.
    """
    if ":" not in setting:
        return {1: setting}
    pairs = [item.strip().partition(":") for item in setting.split(",") if item.strip()]
    peppers = {int(number): pepper for number, _colon, pepper in pairs if number.isdigit()}
    if len(peppers) != len(pairs) or not all(peppers.values()):
        msg = "BERTH_TOKEN_PEPPER must be one secret, or 1:old,2:new with each number once."
        raise ImproperlyConfigured(msg)
    return peppers


def digest_make(secret: str, pepper: str) -> bytes:
    """The 32 bytes that are stored in place of a secret."""
    return hmac.new(pepper.encode(), secret.encode(), sha256).digest()


def digest_matches(secret: str, pepper: str | None, digest: bytes) -> bool:
    """Compare in constant time; an unknown pepper costs as much as a wrong secret."""
    made = digest_make(secret, pepper or "no such pepper")
    return hmac.compare_digest(made, digest) and pepper is not None


def _draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
