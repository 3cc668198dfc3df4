"""How a tenant's people sign in to a cluster, and the kubeconfig they get: without credentials."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from inventory.inputs import MAX_ITEMS
from inventory.k8s.pem import PemRefused, authorities_check
from portal.errors import FieldErrors
from portal.outbound import AddressRefused, target_parse

LOGIN_KEYS = {"server", "ca_pem", "exec"}
EXEC_KEYS = {"command", "args", "env", "api_version", "install_hint"}
SUBJECT_KEYS = {"kind", "name"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MAX_CHARS = 500


def login_check(errors: FieldErrors, field: str, login: object) -> None:
    """{"server", "ca_pem", "exec": {"command", "args", "env", "api_version", "install_hint"}}."""
    if not isinstance(login, Mapping) or not set(login) <= LOGIN_KEYS:
        errors.add(field, _("A login has server, ca_pem and exec, and nothing else."))
        return
    try:
        if login.get("server"):
            target_parse(str(login["server"]))
        authorities_check(str(login.get("ca_pem") or ""))
    except (AddressRefused, PemRefused) as problem:
        errors.add(field, problem.message)
    plugin = login.get("exec") or {}
    if not isinstance(plugin, Mapping) or not set(plugin) <= EXEC_KEYS:
        errors.add(field, _("exec has command, args, env, api_version and install_hint."))
        return
    texts = [plugin.get("command", ""), plugin.get("install_hint", "")]
    args, env = plugin.get("args") or [], plugin.get("env") or {}
    if not isinstance(args, list) or not isinstance(env, Mapping):
        errors.add(field, _("args is a list of text, env a mapping of text."))
        return
    texts += [*args, *env, *env.values(), plugin.get("api_version", "")]
    if len(texts) > MAX_ITEMS or not all(isinstance(t, str) and len(t) <= MAX_CHARS for t in texts):
        errors.add(field, _("Every value of exec is a short text."))
    if plugin and not plugin.get("command"):
        errors.add(field, _("exec needs a command."))


def subjects_check(errors: FieldErrors, field: str, subjects: object) -> None:
    """[{"kind": "Group"|"User", "name": "…{tenant}…{role}"}]: whom RoleBindings name."""
    if not isinstance(subjects, list) or len(subjects) > MAX_ITEMS:
        errors.add(field, _('A list such as [{"kind": "Group", "name": "{tenant}-{role}"}].'))
        return
    for subject in subjects:
        if not isinstance(subject, Mapping) or set(subject) != SUBJECT_KEYS:
            errors.add(field, _("A subject has a kind and a name, and nothing else."))
            continue
        name = subject["name"]
        found = PLACEHOLDER.findall(name) if isinstance(name, str) else []
        rest = PLACEHOLDER.sub("", name) if isinstance(name, str) else "{"
        if subject["kind"] not in ("Group", "User") or len(str(name)) > MAX_CHARS:
            errors.add(field, _("A subject is a Group or a User."))
        if not set(found) <= {"tenant", "role"} or "{" in rest or "}" in rest:
            errors.add(field, _("A subject's name may hold {tenant} and {role} only."))
        elif "tenant" not in found:
            # Without it, one tenant's people would be bound in every tenant's namespaces.
            errors.add(field, _("A subject's name must hold {tenant}."))
        if str(name).startswith("system:"):
            errors.add(field, _("Accounts and groups of the system can't be bound."))


def kubeconfig_render(
    *, cluster: str, server: str, ca_pem: str, login: Mapping[str, Any], namespace: str
) -> str:
    """A kubeconfig without credentials: server, CA, namespace, and the cluster's own login."""
    place: dict[str, Any] = {"server": login.get("server") or server}
    authority = login.get("ca_pem") or ca_pem
    context = f"{cluster}-{namespace}"
    if authority:
        place["certificate-authority-data"] = _base64(str(authority))
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": place}],
        "users": [{"name": context, "user": _user(login)}],
        "contexts": [
            {
                "name": context,
                "context": {"cluster": cluster, "user": context, "namespace": namespace},
            }
        ],
        "current-context": context,
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def _user(login: Mapping[str, Any]) -> dict[str, Any]:
    plugin = login.get("exec") or {}
    if not plugin:
        return {}
    return {
        "exec": {
            "apiVersion": plugin.get("api_version") or "client.authentication.k8s.io/v1",
            "command": plugin["command"],
            "args": list(plugin.get("args") or ()),
            "env": [{"name": k, "value": v} for k, v in (plugin.get("env") or {}).items()],
            "installHint": plugin.get("install_hint") or "",
            "interactiveMode": "IfAvailable",
        }
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
