"""Stands between Berth and a real API server, and spoils single answers by rule.

It ends TLS with a certificate of its own, so it can read what is asked; what no rule wants is
passed on as it is. The answers themselves are those of the reader's tests.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from deploy.testbed import Bed
from tests.inventory.certificates import Authority
from tests.inventory.faults import Answer

Rule = Callable[[str], Answer | None]


class Interposer:
    """A server that asks its rules about each request ("GET /api/v1/pods?watch=true …")."""

    def __init__(self, bed: Bed) -> None:
        self._target = urlsplit(bed.server)
        self._onward = ssl.create_default_context(cadata=bed.ca_pem.decode())
        self.rules: list[Rule] = []
        self.spoilt: list[str] = []
        authority = Authority()
        self.ca_pem = authority.pem
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "both.pem"
            path.write_text("".join(authority.issue()))
            self._context.load_cert_chain(path)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def spoil(self, pattern: str, answer: Answer, *, times: int = 1) -> None:
        """Answer the next requests that match so; afterwards they pass again."""
        wanted, left = re.compile(pattern), [times]

        def rule(line: str) -> Answer | None:
            if left[0] and wanted.search(line):
                left[0] -= 1
                return answer
            return None

        self.rules.append(rule)

    def cut(self) -> None:
        """Hang up on everybody."""
        for end in tuple(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it all."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()
        self.cut()

    def _serve(self) -> None:
        while True:
            try:
                raw, _peer = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(raw,), daemon=True).start()

    def _talk(self, raw: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ssl.SSLError),
            self._context.wrap_socket(raw, server_side=True) as inner,
        ):
            self._open.add(inner)
            try:
                self._answer(inner)
            finally:
                self._open.discard(inner)

    def _answer(self, inner: socket.socket) -> None:
        request = _request_read(inner)
        line = request.partition("\r\n")[0]
        for rule in tuple(self.rules):
            answer = rule(line)
            if answer is not None:
                self.spoilt.append(line)
                answer(inner, request)
                return
        self.forward(inner, request)

    def forward(self, inner: socket.socket, request: str) -> None:
        """Ask the real server and carry its answer back until it hangs up."""
        for part in self._exchange(request):
            inner.sendall(part)

    def lost_answer(self, _inner: socket.socket, request: str) -> None:
        """Let the real server do it, and hang up without a word."""
        for _part in self._exchange(request):
            pass

    def _exchange(self, request: str) -> Iterator[bytes]:
        head, _end, body = request.partition("\r\n\r\n")
        head = re.sub(r"(?im)^connection:.*\r?\n?", "", head + "\r\n").rstrip("\r\n")
        address = (self._target.hostname or "", self._target.port or 443)
        with (
            socket.create_connection(address) as raw,
            self._onward.wrap_socket(raw, server_hostname=address[0]) as outer,
        ):
            self._open.add(outer)
            try:
                outer.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode() + body.encode())
                while data := outer.recv(65536):
                    yield data
            finally:
                self._open.discard(outer)


def _request_read(inner: socket.socket) -> str:
    """Head and body of one request, as text: everything that Berth sends is UTF-8."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = inner.recv(65536)
        if not more:
            raise ConnectionResetError
        data += more
    head, _end, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    while found and len(body) < int(found[1]):
        body += inner.recv(65536)
    return f"{head.decode()}\r\n\r\n{body.decode()}"
