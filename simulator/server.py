"""The web server: TLS, client certificates, streams, and the path for faults."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulator.api import answer, errors
from simulator.api.answer import PLAIN, Answer
from simulator.api.dispatch import dispatch
from simulator.api.errors import StatusError
from simulator.api.request import Request
from simulator.api.watch import Watch
from simulator.auth.identity import NotKnown
from simulator.auth.rbac import MASTERS
from simulator.core import Core
from simulator.faults import Dropped, Faults
from simulator.objects import load

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
FAULTS_PATH = "/simulator/faults"
KEEP_ALIVE_SECONDS = 120


class Protocol(HttpToolsProtocol):
    """Hands a client's certificate on, and can hang up without a word."""

    def on_headers_complete(self) -> None:
        tls = self.transport.get_extra_info("ssl_object")
        self.scope["extensions"] = {
            "simulator": {
                "certificate": tls.getpeercert() if tls is not None else None,
                "hang_up": self.transport.abort,
            }
        }
        super().on_headers_complete()


class App:
    """One cluster as an ASGI application."""

    def __init__(self, core: Core, address: str) -> None:
        self._core = core
        self._address = address
        self.faults = Faults(core)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        body = await _body(receive)
        path = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        query = scope["query_string"].decode("latin-1")
        request = Request.read(scope["method"], path, query, headers, body)
        more = scope["extensions"]["simulator"]
        try:
            found = await self._answer(request, more["certificate"])
        except Dropped:
            more["hang_up"]()
            return
        except StatusError as refusal:
            found = _refused(refusal)
        if isinstance(found, Watch):
            await self._stream(found, receive, send)
        else:
            await _send(found, request, send)

    async def _answer(self, request: Request, certificate: Any) -> Answer | Watch:
        if request.path == FAULTS_PATH:
            return self._order(request, certificate)
        try:
            user = self._core.authenticator.user_of(
                request.headers.get("authorization", ""), certificate
            )
        except NotKnown:
            await self.faults.meet(())
            raise StatusError(401, "Unauthorized", "Unauthorized") from None
        await self.faults.meet(user.groups)
        return dispatch(self._core, request, user, self._address)

    def _order(self, request: Request, certificate: Any) -> Answer:
        """Take an order for a fault, from system:masters alone."""
        try:
            user = self._core.authenticator.user_of(
                request.headers.get("authorization", ""), certificate
            )
        except NotKnown:
            raise StatusError(401, "Unauthorized", "Unauthorized") from None
        if MASTERS not in user.groups:
            text = f'forbidden: User "{user.name}" cannot post path "{FAULTS_PATH}"'
            raise StatusError(403, "Forbidden", text, details={})
        try:
            return answer.of_plain(200, self.faults.apply(load(request.body)))
        except (ValueError, AttributeError) as problem:
            raise errors.bad_request(str(problem)) from None

    async def _stream(self, watch: Watch, receive: Receive, send: Send) -> None:
        """Send a watch until it ends or the client goes."""
        self.faults.watches.add(watch)
        gone = asyncio.ensure_future(_wait_gone(receive, watch))
        headers = [(b"content-type", b"application/json")]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            async for chunk in watch.lines():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.faults.watches.discard(watch)
            gone.cancel()


async def _wait_gone(receive: Receive, watch: Watch) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watch.cut()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _refused(refusal: StatusError) -> Answer:
    if refusal.text:
        return Answer(refusal.code, refusal.text.encode(), PLAIN, dict(refusal.headers))
    return answer.of_plain(refusal.code, refusal.body(), dict(refusal.headers))


async def _send(found: Answer, request: Request, send: Send) -> None:
    found.compressed(request.headers.get("accept-encoding", ""))
    headers = [
        (b"content-type", found.content_type.encode()),
        (b"content-length", str(len(found.body)).encode()),
    ]
    headers += [(k.lower().encode(), v.encode()) for k, v in found.headers.items()]
    for text in dict.fromkeys(request.warnings):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        headers.append((b"warning", f'299 - "{quoted}"'.encode()))
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})


def _is_news(record: logging.LogRecord) -> bool:
    """Not that nothing was cancelled: a client that keeps an idle connection open is no error."""
    return not (str(record.msg).startswith("Cancel %s running task") and record.args == (0,))


class _Server(uvicorn.Server):
    """Ends its watches first: a client sees a stream that is over, as where a real one stops."""

    def __init__(self, config: uvicorn.Config, faults: Faults) -> None:
        super().__init__(config)
        self._faults = faults

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nothing be cut off that could end by itself."""
        for watch in list(self._faults.watches):
            watch.cut()
        await super().shutdown(sockets)


def make_server(app: App, core: Core, port: int) -> uvicorn.Server:
    """A server on the loopback address, ready to be served."""
    pki = core.authority.directory
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(pki / "server.crt"),
        ssl_keyfile=str(pki / "server.key"),
        ssl_ca_certs=str(pki / "ca.crt"),
        ssl_cert_reqs=ssl.CERT_OPTIONAL,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    return _Server(config, app.faults)
