"""A connection given in single fields, read by the same allow-list as a kubeconfig. Pure."""

from __future__ import annotations

import base64
import json

from django.utils.translation import gettext_lazy as _

from inventory.k8s.kubeconfig import ParsedKubeconfig, parse_kubeconfig
from inventory.k8s.pem import PemRefused, authorities_check, pair_check
from portal.errors import FieldErrors, Invalid
from portal.outbound import AddressRefused, target_parse

NAME = "berth"


def connection_parse(
    *,
    server: str,
    ca_pem: str = "",
    token: str = "",
    client_certificate: str = "",
    client_key: str = "",
    tls_server_name: str = "",
) -> ParsedKubeconfig:
    """What `parse_kubeconfig` would give; raise Invalid naming the field that is wrong.

    Exactly one credential: a token, or a client certificate with its key, all PEM texts.
    """
    errors = FieldErrors()
    try:
        target_parse(server)
    except AddressRefused as problem:
        errors.add("server", problem.message)
    try:
        authorities_check(ca_pem)
    except PemRefused as problem:
        errors.add("ca_pem", problem.message)
    try:
        pair_check(client_certificate, client_key)
    except PemRefused as problem:
        errors.add("client_certificate", problem.message)
    if bool(token) == bool(client_certificate or client_key):
        errors.add(
            "token",
            _("Give exactly one credential: a token, or a client certificate with its key."),
        )
    errors.raise_any()
    cluster = {"server": server, "certificate-authority-data": _base64(ca_pem)}
    user = {"client-certificate-data": _base64(client_certificate)}
    user["client-key-data"] = _base64(client_key)
    return _parsed(
        cluster | ({"tls-server-name": tls_server_name} if tls_server_name else {}),
        {"token": token} if token else user,
    )


def _parsed(cluster: dict[str, str], user: dict[str, str]) -> ParsedKubeconfig:
    document = {
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }
    try:
        return parse_kubeconfig(json.dumps(document))
    except Invalid as error:
        # The person gave fields and no file: what is left to be wrong is in the credential.
        raise Invalid(error.message, fields={"token": [error.message]}, code=error.code) from None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("ascii", "replace")).decode("ascii")
