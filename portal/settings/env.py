"""Every environment variable that Berth reads, in one place."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Env:
    """What the surroundings say; amounts of time in seconds."""

    secret_key: str
    debug: bool
    allowed_hosts: tuple[str, ...]
    public_url: str
    database_url: str
    database_owner_url: str
    redis_url: str
    seal_key: bytes | None
    seal_public_key: str
    token_pepper: str
    outbound_allow: tuple[str, ...]
    state_dir: Path
    log_format: str
    email_url: str
    oidc_server_url: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    sign_up: bool
    job_lease_seconds: float
    keep_jobs_days: int
    installation_id: str
    static_root: Path
    trusted_proxies: int
    demo: bool


def env_read(source: Mapping[str, str] = os.environ) -> Env:
    """Read and check the environment; raise ImproperlyConfigured with the way out."""
    debug = _flag(source, "BERTH_DEBUG")
    public_url = source.get("BERTH_PUBLIC_URL", "http://127.0.0.1:8000")
    host = urlsplit(public_url).hostname or "127.0.0.1"
    return Env(
        secret_key=_required(source, "BERTH_SECRET_KEY"),
        debug=debug,
        allowed_hosts=_words(source.get("BERTH_ALLOWED_HOSTS", host)),
        public_url=public_url.rstrip("/"),
        database_url=_required(source, "DATABASE_URL"),
        database_owner_url=_required(source, "DATABASE_OWNER_URL"),
        redis_url=source.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
        seal_key=_seal_key(source),
        seal_public_key=source.get("BERTH_SEAL_PUBLIC_KEY", ""),
        token_pepper=_required(source, "BERTH_TOKEN_PEPPER"),
        outbound_allow=_words(source.get("BERTH_OUTBOUND_ALLOW", "")),
        state_dir=Path(source.get("BERTH_STATE_DIR", str(ROOT / ".berth"))),
        log_format=source.get("BERTH_LOG_FORMAT", "console"),
        email_url=source.get("BERTH_EMAIL_URL", ""),
        oidc_server_url=_web_address(source, "BERTH_OIDC_SERVER_URL"),
        oidc_client_id=source.get("BERTH_OIDC_CLIENT_ID", ""),
        oidc_client_secret=source.get("BERTH_OIDC_CLIENT_SECRET", ""),
        oidc_name=source.get("BERTH_OIDC_NAME", "OpenID Connect"),
        sign_up=_flag(source, "BERTH_SIGN_UP"),
        job_lease_seconds=_seconds(source, "BERTH_JOB_LEASE_SECONDS", 30.0),
        keep_jobs_days=_count(source, "BERTH_KEEP_JOBS_DAYS", 180),
        installation_id=source.get("BERTH_INSTALLATION_ID", ""),
        static_root=Path(source.get("BERTH_STATIC_ROOT", str(ROOT / "staticfiles"))),
        trusted_proxies=_count(source, "BERTH_TRUSTED_PROXIES"),
        demo=_demo(source, host),
    )


def database_settings(url: str, *, options: str = "") -> dict[str, object]:
    """Turn postgresql://user:password@host:port/name?host=/socket&sslmode=... into Django's form.

    What else the query says (sslmode, sslrootcert, ...) goes to libpq as it is; `options` are the
    server settings of each connection.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        msg = "The database URL must start with postgresql://; Berth runs on PostgreSQL only."
        raise ImproperlyConfigured(msg)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", parts.hostname or "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": {name: unquote(value) for name, value in query.items()}
        | ({"options": options} if options else {}),
    }


def _required(source: Mapping[str, str], name: str) -> str:
    value = source.get(name, "")
    if not value:
        msg = f"{name} is not set. bin/start sets it; elsewhere see docs/configuration.md."
        raise ImproperlyConfigured(msg)
    return value


def _flag(source: Mapping[str, str], name: str) -> bool:
    return source.get(name, "").lower() in {"1", "true", "yes", "on"}


def _demo(source: Mapping[str, str], host: str) -> bool:
    """Whether the sign-in page signs the made-up accounts in without a password."""
    asked = _flag(source, "BERTH_DEMO")
    if asked and host not in {"127.0.0.1", "localhost", "::1"}:
        msg = (
            "BERTH_DEMO lets anybody in without a password, so it works on this machine alone:"
            " BERTH_PUBLIC_URL must be at 127.0.0.1 or localhost. Take BERTH_DEMO away elsewhere."
        )
        raise ImproperlyConfigured(msg)
    return asked


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _seconds(source: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(source.get(name, default))
    except ValueError:
        msg = f"{name} must be a number of seconds."
        raise ImproperlyConfigured(msg) from None


def _count(source: Mapping[str, str], name: str, default: int = 0) -> int:
    text = source.get(name, str(default)).strip()
    if not text.isdecimal() or len(text) > 3:
        msg = f"{name} must be a whole number from 0 to 999."
        raise ImproperlyConfigured(msg)
    return int(text)


def _web_address(source: Mapping[str, str], name: str) -> str:
    text = source.get(name, "")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname):
        msg = f"{name} must be an address like https://login.example/realms/lab."
        raise ImproperlyConfigured(msg)
    return text


def _seal_key(source: Mapping[str, str]) -> bytes | None:
    text = source.get("BERTH_SEAL_KEY", "")
    path = source.get("BERTH_SEAL_KEY_FILE", "")
    if not text and path:
        text = _seal_key_text(path)
    if not text:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:  # AES-256
        msg = "BERTH_SEAL_KEY must be 32 random bytes in base64 (openssl rand -base64 32)."
        raise ImproperlyConfigured(msg)
    return key


def _seal_key_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        msg = f"The file {path} that BERTH_SEAL_KEY_FILE names can't be read: {why}."
        raise ImproperlyConfigured(msg) from None
