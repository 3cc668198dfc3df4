"""Reading a kubeconfig by allow-list: pure, bounded, and with a way out in every refusal.

A kubeconfig is a program as much as a file: it can run commands, name files of this machine and
turn certificate checks off. Berth takes a server, a CA and one credential, all inline, and
refuses everything it does not know by name.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from inventory.k8s import pem
from inventory.k8s.kubeconfig_files import files_inline
from inventory.k8s.yaml_bounded import YamlRefused, yaml_read
from portal.errors import Invalid
from portal.outbound import AddressRefused, target_parse

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_BYTES = 64 * 1024
MAX_TOKEN_CHARS = 16_000
TOP_KEYS = frozenset(
    {"apiVersion", "kind", "clusters", "contexts", "users", "current-context", "preferences"}
    | {"extensions"}
)
CLUSTER_KEYS = frozenset({"server", "certificate-authority-data", "tls-server-name", "extensions"})
USER_KEYS = frozenset({"token", "client-certificate-data", "client-key-data", "extensions"})
CONTEXT_KEYS = frozenset({"cluster", "user", "namespace", "extensions"})
HOST = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)

INLINE = _("Berth reads no files of its own machine: put the content inline as {instead}.")
KNOWN: dict[str, StrOrPromise] = {
    "exec": _(
        "Berth runs no commands from a kubeconfig. Use a ServiceAccount token: kubectl create"
        " token berth -n berth-system."
    ),
    "auth-provider": _("Sign-in plug-ins can't be used. Use a ServiceAccount token."),
    "tokenFile": format_lazy(INLINE, instead="token"),
    "client-certificate": format_lazy(INLINE, instead="client-certificate-data"),
    "client-key": format_lazy(INLINE, instead="client-key-data"),
    "certificate-authority": format_lazy(INLINE, instead="certificate-authority-data"),
    "proxy-url": _("Berth uses no proxy from a kubeconfig. Remove proxy-url."),
    "insecure-skip-tls-verify": _(
        "Berth always checks the server's certificate. Remove insecure-skip-tls-verify and give"
        " certificate-authority-data."
    ),
    "as": _("Berth acts as nobody else. Remove the impersonation and use Berth's own account."),
    "username": _("Passwords are not accepted. Use a ServiceAccount token."),
    "password": _("Passwords are not accepted. Use a ServiceAccount token."),
}
KNOWN |= dict.fromkeys(("as-uid", "as-groups", "as-user-extra"), KNOWN["as"])


@dataclass(frozen=True, slots=True)
class ParsedKubeconfig:
    """What Berth takes from a kubeconfig; secrets don't appear in its repr."""

    server: str
    ca_pem: str
    namespace: str = ""
    tls_server_name: str = ""
    token: str = field(default="", repr=False)
    client_cert_pem: str = field(default="", repr=False)
    client_key_pem: str = field(default="", repr=False)


def parse_kubeconfig(
    text: str, *, context: str = "", files_from: Path | None = None
) -> ParsedKubeconfig:
    """Read a kubeconfig; raise portal.errors.Invalid with field "kubeconfig" and the way out.

    `context` chooses one by name. `files_from` is for the command line alone: the folder of the
    kubeconfig, in which the files that it names are read before anything is judged.
    """
    document = _document(text)
    _keys_check(document, TOP_KEYS, "the file")
    chosen = _context(document, context)
    cluster = _entry(document, "clusters", "cluster", str(chosen.get("cluster", "")))
    user = _entry(document, "users", "user", str(chosen.get("user", "")))
    if files_from is not None:
        cluster = files_inline(cluster, folder=files_from, max_bytes=MAX_BYTES)
        user = files_inline(user, folder=files_from, max_bytes=MAX_BYTES)
    _keys_check(cluster, CLUSTER_KEYS, "clusters")
    _keys_check(user, USER_KEYS, "users")
    return _parsed(cluster, user, chosen)


def refuse(message: StrOrPromise) -> Invalid:
    """The error for one thing that is wrong with a kubeconfig."""
    return Invalid(message, fields={"kubeconfig": [message]}, code="kubeconfig")


def _document(text: str) -> dict[str, Any]:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise refuse(_("A kubeconfig may have 64 KiB at most. Keep one context only."))
    try:
        document = yaml_read(text)
    except YamlRefused as problem:
        raise refuse(problem.message) from None
    if not isinstance(document, dict) or document.get("kind", "Config") != "Config":
        raise refuse(_("This is not a kubeconfig: expected a mapping of kind Config."))
    return document


def _keys_check(found: dict[str, Any], allowed: frozenset[str], where: str) -> None:
    for key in found:
        if key in KNOWN:
            raise refuse(KNOWN[key])
        if key not in allowed:
            text = _("Berth does not know the key %(key)s in %(where)s. Remove it.")
            raise refuse(text % {"key": repr(str(key)[:60]), "where": where})


def _context(document: dict[str, Any], wanted: str) -> dict[str, Any]:
    names = [e.get("name") for e in _entries(document, "contexts")]
    name = wanted or str(document.get("current-context") or "")
    if not name and len(names) == 1:
        name = str(names[0])
    if not name and len(names) > 1:
        raise refuse(
            _("The kubeconfig has several contexts and none is current. Keep one, or set one.")
        )
    if not wanted and len(names) > 1:
        users = {str(_inner(e, "context").get("user")) for e in _entries(document, "contexts")}
        clusters = {
            str(_inner(e, "context").get("cluster")) for e in _entries(document, "contexts")
        }
        if len(users) > 1 or len(clusters) > 1:
            raise refuse(
                _(
                    "The kubeconfig has several contexts. Keep the one for this cluster:"
                    " kubectl config view --minify --flatten --raw."
                )
            )
    chosen = _entry(document, "contexts", "context", name)
    _keys_check(chosen, CONTEXT_KEYS, "contexts")
    return chosen


def _entries(document: dict[str, Any], section: str) -> list[dict[str, Any]]:
    entries = document.get(section) or []
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        text = _("The section %(section)s must be a list of named entries.")
        raise refuse(text % {"section": section})
    return entries


def _inner(entry: dict[str, Any], key: str) -> dict[str, Any]:
    inner = entry.get(key)
    return inner if isinstance(inner, dict) else {}


def _entry(document: dict[str, Any], section: str, key: str, name: str) -> dict[str, Any]:
    found = [e for e in _entries(document, section) if e.get("name") == name]
    if len(found) != 1:
        text = _("The section %(section)s must have exactly one entry named %(name)s.")
        raise refuse(text % {"section": section, "name": repr(name[:60])})
    return _inner(found[0], key)


def _parsed(
    cluster: dict[str, Any], user: dict[str, Any], chosen: dict[str, Any]
) -> ParsedKubeconfig:
    server = _text(cluster, "server")
    try:
        target_parse(server)
    except AddressRefused as problem:
        raise refuse(problem.message) from None
    token = _text(user, "token")
    cert = _decoded(user, "client-certificate-data")
    key = _decoded(user, "client-key-data")
    if bool(token) == bool(cert or key) or bool(cert) != bool(key):
        raise refuse(
            _("Give exactly one credential: a token, or a client certificate with its key.")
        )
    if len(token) > MAX_TOKEN_CHARS or any(c <= " " or c > "~" for c in token):
        raise refuse(_("The token has characters that no token has, or is too long."))
    ca_pem = _decoded(cluster, "certificate-authority-data")
    name = _text(cluster, "tls-server-name")
    if name and not HOST.fullmatch(name):
        raise refuse(_("tls-server-name must be a host name."))
    try:
        pem.authorities_check(ca_pem)
        pem.pair_check(cert, key)
    except pem.PemRefused as problem:
        raise refuse(problem.message) from None
    return ParsedKubeconfig(
        server=server.rstrip("/"),
        ca_pem=ca_pem,
        namespace=_text(chosen, "namespace"),
        tls_server_name=name,
        token=token,
        client_cert_pem=cert,
        client_key_pem=key,
    )


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse(_("The value of %(key)s must be text.") % {"key": key})
    return value.strip()


def _decoded(found: dict[str, Any], key: str) -> str:
    """PEM text of a base64 value; neither decoding may fail silently."""
    try:
        raw = base64.b64decode("".join(_text(found, key).split()), validate=True)
        return raw.decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise refuse(_("The value of %(key)s must be PEM text in base64.") % {"key": key}) from None
