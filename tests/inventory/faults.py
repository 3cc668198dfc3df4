"""What a control plane won't do on request: a TLS server that misbehaves by script, and a proxy
in front of a real one that falls silent or hangs up."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.inventory.certificates import Authority

Answer = Callable[[socket.socket, str], None]
HEAD = "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"


def plain(status: int, body: bytes = b"{}", more: str = "") -> Answer:
    """An ordinary answer; `more` are header lines, each with its line end."""

    def answer(connection: socket.socket, _request: str) -> None:
        head = HEAD.format(status=status, length=len(body), more=more)
        connection.sendall(head.encode() + body)

    return answer


def half(body: bytes) -> Answer:
    """Promises more than it sends, then hangs up."""

    def answer(connection: socket.socket, _request: str) -> None:
        head = HEAD.format(status=200, length=len(body) * 2, more="")
        connection.sendall(head.encode() + body)

    return answer


def chunks(*parts: bytes, then: Callable[[], None] | None = None, more: str = "") -> Answer:
    """A stream, part by part; `then` runs before its end."""

    def answer(connection: socket.socket, _request: str) -> None:
        head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{more}\r\n"
        connection.sendall(head.encode())
        for part in parts:
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        if then is not None:
            then()
        connection.sendall(b"0\r\n\r\n")

    return answer


def dripping(seconds: float) -> Answer:
    """A byte now and then, for ever: no single read is slow, the whole is."""

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(HEAD.format(status=200, length=10_000, more="").encode())
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            connection.sendall(b" ")
            time.sleep(0.05)

    return answer


def silent(seconds: float) -> Answer:
    """Nothing at all."""

    def answer(_connection: socket.socket, _request: str) -> None:
        time.sleep(seconds)

    return answer


@dataclass
class FaultServer:
    """Gives one scripted answer a request, the last one again and again."""

    answers: list[Answer]
    requests: list[str] = field(default_factory=list)
    url: str = ""
    ca_pem: str = ""

    def serve(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                raw, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(raw, context), daemon=True).start()

    def _talk(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        with (
            contextlib.suppress(OSError, ssl.SSLError),
            context.wrap_socket(raw, server_side=True) as connection,
        ):
            request = _read_request(connection)
            self.requests.append(request)
            index = min(len(self.requests), len(self.answers)) - 1
            self.answers[index](connection, request)


def _read_request(connection: socket.socket) -> str:
    """Head and body: hanging up on unread bytes would be another fault than the one wanted."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or b"\r\n\r\n"
    head, _end, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    while found and len(body) < int(found[1]):
        body += connection.recv(65536) or b" " * int(found[1])
    return head.decode(errors="replace")


@contextlib.contextmanager
def fault_server(*answers: Answer, host: str = "localhost") -> Iterator[FaultServer]:
    """A server on a free port of 127.0.0.1 with a certificate of its own authority."""
    authority = Authority()
    certificate, key = authority.issue(host=host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_text(certificate + key)
        context.load_cert_chain(path)
    listener = socket.create_server(("127.0.0.1", 0))
    server = FaultServer(list(answers), ca_pem=authority.pem)
    server.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=server.serve, args=(listener, context), daemon=True).start()
    try:
        yield server
    finally:
        _hang_up(listener)


def _hang_up(listener: socket.socket) -> None:
    """Wake the thread that waits in accept, which would otherwise take one more connection."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


class Proxy:
    """Carries bytes to a real server; TLS is end to end, so neither side notices it.

    `freeze` lets nothing more through on the connections that stand, and leaves them open: the
    silent socket of a machine that died. New connections work.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._links: list[_Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def freeze(self) -> int:
        """Silence the connections that stand; return how many."""
        standing = [link for link in self._links if not link.ended.is_set()]
        for link in standing:
            link.frozen.set()
        return len(standing)

    def cut(self) -> None:
        """Hang up on every connection."""
        for link in self._links:
            link.close()

    def close(self) -> None:
        """End it all."""
        _hang_up(self._listener)
        self.cut()

    def _serve(self) -> None:
        while True:
            try:
                inner, _peer = self._listener.accept()
                outer = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._links.append(_Link(inner, outer))


class _Link:
    """One connection through the proxy."""

    def __init__(self, inner: socket.socket, outer: socket.socket) -> None:
        self.frozen, self.ended = threading.Event(), threading.Event()
        self._pair = (inner, outer)
        for source, sink in ((inner, outer), (outer, inner)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        for end in self._pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.frozen.is_set():
                    sink.sendall(data)
        self.ended.set()
        self.close()
