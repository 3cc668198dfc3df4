"""Structured logs: an event name plus fields, on the console or as JSON, without secrets."""

from __future__ import annotations

import logging.config
import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

EVENT_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
HIDDEN = "[redacted]"
SECRET_KEYS = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "client-key-data",
        "client_key",
        "client_secret",
        "cookie",
        "credential",
        "credentials",
        "csrftoken",
        "kubeconfig",
        "passwd",
        "password",
        "pepper",
        "private_key",
        "refresh_token",
        "seal_key",
        "secret",
        "sessionid",
        "set-cookie",
        "token",
        "x-csrftoken",
    }
)
SECRET_SHAPES = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)"
    r"|\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"
    r"|\bberth_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}"
    r"|(?<=bearer )[\w.~+/=-]{8,}|(?<=basic )[\w+/=-]{8,}"
    r"|(?<=token: )[\w.~+/=-]{8,}|(?<=client-key-data: )[\w+/=-]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",
    re.DOTALL | re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MAX_DEPTH = 8


def redact(value: Any, *, depth: int = 0) -> Any:
    """Black out secrets in plain data: by key name, and by shape inside any text."""
    if isinstance(value, str):
        return SECRET_SHAPES.sub(HIDDEN, value)
    if depth >= MAX_DEPTH:
        return HIDDEN if isinstance(value, Mapping | list | tuple) else value
    if isinstance(value, Mapping):
        return {
            key: HIDDEN
            if str(key).lower() in SECRET_KEYS and item
            else redact(item, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth=depth + 1) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(bytes(value))} bytes>"
    return value


def secrets_removed(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Processor: nothing that looks like a secret leaves the process."""
    return dict(redact(event))


def event_named(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Processor: an event has a name; free text of other libraries becomes the field `message`."""
    text = str(event.get("event", ""))
    if not EVENT_NAME.fullmatch(text):
        event["message"] = text
        event["event"] = f"log.{event.get('logger', 'berth')}"
    return event


def lines_escaped(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Processor: no field can begin a new line, so nobody can write a record of their own."""
    return {key: _escape(key, value) for key, value in event.items()}


def _escape(key: str, value: Any) -> Any:
    if isinstance(value, str):
        if key == "exception":
            return "\n".join(f"  | {CONTROL.sub(_visible, line)}" for line in value.splitlines())
        return CONTROL.sub(_visible, value)
    if isinstance(value, Mapping):
        return {_escape("", str(k)): _escape("", item) for k, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_escape("", item) for item in value]
    return value


def _visible(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode()


def shared_processors() -> list[Processor]:
    """What every record goes through, ours or another library's."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        event_named,
        structlog.processors.format_exc_info,
        secrets_removed,
    ]


def logging_configure(config: Mapping[str, Any]) -> None:
    """Set up structlog and logging; `config` is settings.LOGGING: format "console" or "json"."""
    last: list[Processor] = (
        [structlog.processors.JSONRenderer(default=str)]
        if config.get("format") == "json"
        else [lines_escaped, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_raw)]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(_stdlib_config(last, config.get("level", "INFO")))


def _stdlib_config(last: list[Processor], level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "berth": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared_processors(),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "berth"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Our own request record says the same without query strings.
            "uvicorn.access": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "django.channels.server": {"level": "WARNING"},
            # Each ring of the bell twice; what a job does is in its own records.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }


def _raw(stream: Any, exc_info: Any) -> None:
    """Tracebacks come as escaped text (see `lines_escaped`); nothing is left to print."""
