"""Reading answers: whole ones under a cap and a deadline, and lines without end."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from inventory.k8s.errors import AnswerTooLarge, ServerFault, Timeout, Unreachable, Untrusted

CAP_BYTES = 64 * 1024 * 1024
LINE_CAP_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


@contextmanager
def transport_error() -> Iterator[None]:
    """Turn whatever the transport raises into a ClusterError."""
    try:
        yield
    except NewConnectionError as problem:  # refused, or no way there; urllib3 calls it a time-out
        raise Unreachable(detail=str(problem)) from None
    except (ReadTimeoutError, ConnectTimeoutError, TimeoutError) as problem:
        raise Timeout(detail=type(problem).__name__) from None
    except (SSLError, ssl.SSLError) as problem:
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(problem)
        raise (Untrusted if untrusted else Unreachable)(detail=str(problem)) from None
    except DecodeError as problem:
        raise ServerFault(reason="BadEncoding", detail=str(problem)) from None
    except (HTTPError, OSError) as problem:
        raise Unreachable(detail=f"{type(problem).__name__}: {problem}") from None


def body_read(response: urllib3.BaseHTTPResponse, total_seconds: float) -> bytes:
    """Read a whole answer; raise AnswerTooLarge beyond 64 MiB and Timeout if it drips."""
    try:
        body = b"".join(_bounded(response, time.monotonic() + total_seconds))
    except BaseException:
        response.close()  # the rest of it must not meet the next request
        raise
    response.release_conn()
    return body


def _bounded(response: urllib3.BaseHTTPResponse, until: float) -> Iterator[bytes]:
    size_bytes = 0
    # read1 gives what has come; a plain read would wait for a whole chunk, however slow it drips.
    while chunk := response.read1(CHUNK_BYTES, decode_content=True):
        size_bytes += len(chunk)
        if size_bytes > CAP_BYTES:
            raise AnswerTooLarge
        if time.monotonic() > until:
            raise Timeout(reason="TooSlow")
        yield chunk


class Lines:
    """The lines of a watch as they come. `stop` ends it from another thread."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        with transport_error():
            for chunk in self._response.stream(CHUNK_BYTES, decode_content=True):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from filter(None, whole)
                if len(rest) > LINE_CAP_BYTES:
                    raise AnswerTooLarge

    def stop(self) -> None:
        """Wake the reading thread; it sees the end of the stream."""
        with suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()
