"""States, rights and abilities in words of people, with what each means for the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.choices import ClusterState, WatchPhase
from inventory.models import Cluster, Node, Pod
from portal.joins import list_join
from portal.ui.units import age_text

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CLUSTER_KINDS: Mapping[str, str] = {
    ClusterState.PENDING: "wait",
    ClusterState.CONNECTED: "ok",
    ClusterState.UNREACHABLE: "danger",
    ClusterState.CREDENTIAL_EXPIRED: "danger",
    ClusterState.PAUSED: "off",
    ClusterState.REMOVING: "busy",
    ClusterState.REMOVED: "off",
}
WATCH_KINDS: Mapping[str, str] = {
    WatchPhase.LISTING: "busy",
    WatchPhase.WATCHING: "ok",
    WatchPhase.BACKOFF: "wait",
    WatchPhase.FORBIDDEN: "danger",
    WatchPhase.STOPPED: "off",
}
POD_KINDS: Mapping[str, str] = {"Succeeded": "ok", "Failed": "danger"}
# What stops when a right is missing, by (resource, "change" or "read").
CONSEQUENCES: Mapping[tuple[str, str], StrOrPromise] = {
    ("nodes", "read"): gettext_lazy("Nodes can't be seen: nothing can be placed here."),
    ("namespaces", "read"): gettext_lazy("Namespaces can't be seen: use can't be assigned."),
    ("pods", "read"): gettext_lazy("Pods can't be seen: what is taken on a node is unknown."),
    ("resourcequotas", "read"): gettext_lazy("Quota in the cluster can't be confirmed."),
    ("statefulsets", "read"): gettext_lazy("Services can't be followed."),
    ("jobs", "read"): gettext_lazy("Runs to completion can't be followed."),
    ("events", "read"): gettext_lazy("Why a pod does not start can't be told."),
    ("resourceslices", "read"): gettext_lazy("Devices published by drivers can't be counted."),
    ("namespaces", "change"): gettext_lazy("Tenants get no namespaces here."),
    ("resourcequotas", "change"): gettext_lazy("Nothing can be allocated: quota can't be set."),
    ("limitranges", "read"): gettext_lazy("Namespaces can't be set up."),
    ("networkpolicies", "read"): gettext_lazy("Namespaces can't be set up."),
    ("rolebindings", "read"): gettext_lazy("Namespaces can't be set up."),
    ("limitranges", "change"): gettext_lazy("Namespaces can't be set up."),
    ("networkpolicies", "change"): gettext_lazy("Tenants can't be kept apart in the network."),
    ("rolebindings", "change"): gettext_lazy("Members get no access to their namespaces."),
    ("clusterroles", "change"): gettext_lazy("Members get no access to their namespaces."),
    ("statefulsets", "change"): gettext_lazy("Services can't be started or released."),
    ("jobs", "change"): gettext_lazy("Runs to completion can't be started or released."),
    ("services", "change"): gettext_lazy("Workloads with ports can't be started."),
    ("pods", "change"): gettext_lazy("A pod on a lost node can't be replaced."),
    ("nodes", "change"): gettext_lazy("Nodes can't be labelled with their pool."),
    ("serviceaccounts/token", "change"): gettext_lazy(
        "The token can't be renewed: hand in a new one before it ends."
    ),
}
READING = frozenset({"get", "list", "watch"})


@dataclass(frozen=True, slots=True)
class RightLine:
    """Missing or additional rights on one resource, with what follows from them."""

    resource: str
    verbs: str
    role: str
    meaning: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what a cluster can do: kind of status, word, name, and what it means."""

    name: str
    kind: str
    word: str
    meaning: str = ""


def cluster_status(cluster: Cluster, *, silent: bool = False) -> tuple[str, str]:
    """Icon kind and word; a connected cluster that says nothing any more is silent."""
    if silent and cluster.state == ClusterState.CONNECTED:
        return "silent", _("Silent")
    return CLUSTER_KINDS.get(cluster.state, "info"), str(ClusterState(cluster.state).label)


def node_status(node: Node) -> tuple[str, str]:
    """Icon kind and word; of a cluster from which nothing is heard no node is called ready."""
    if node.cluster.away:
        return "off", _("Not reported")
    if not node.ready:
        return "danger", _("Not ready")
    return ("ok", _("Ready")) if node.schedulable else ("warn", _("Cordoned"))


def pod_status(pod: Pod) -> tuple[str, str]:
    """Icon kind and word; phases and reasons are the cluster's own words."""
    if pod.ready:
        return "ok", pod.phase
    if pod.reason:
        return "warn", pod.reason
    if pod.phase == "Running":
        return "wait", _("Running, not ready")
    return POD_KINDS.get(pod.phase, "wait"), pod.phase or _("not reported")


def watch_status(phase: str, *, silent: bool) -> tuple[str, str]:
    """Icon kind and word of a reflector's phase, or of a watch that was not heard for long."""
    if silent and phase == WatchPhase.WATCHING:
        return "silent", _("silent")
    return WATCH_KINDS.get(phase, "info"), str(WatchPhase(phase).label)


def missing_lines(rights: Mapping[str, Any]) -> list[RightLine]:
    """What the shipped roles have and the account lacks: verbs of a resource on one line."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for need in rights.get("missing") or ():
        use = "read" if need["verb"] in READING else "change"
        verbs = grouped.setdefault((need["role"], need["resource"], use), [])
        verbs.append(need["verb"])
    return [
        RightLine(
            resource,
            list_join(dict.fromkeys(verbs)),
            role,
            str(CONSEQUENCES.get((resource, use), _("Part of the work here is not possible."))),
        )
        for (role, resource, use), verbs in grouped.items()
    ]


def extra_lines(rights: Mapping[str, Any]) -> list[RightLine]:
    """What the account may do beyond the shipped roles, the dangerous first."""
    grouped: dict[tuple[bool, str], list[str]] = {}
    for found in rights.get("extra") or ():
        name = f"{found['resource']}.{found['group']}" if found["group"] else found["resource"]
        grouped.setdefault((not found["danger"], name), []).append(found["verb"])
    return [
        RightLine(
            name,
            list_join(dict.fromkeys(verbs)),
            "",
            _("Close to having everything; Berth never uses it.")
            if not harmless
            else _("Berth never uses it."),
            danger=not harmless,
        )
        for (harmless, name), verbs in sorted(grouped.items())
    ]


def ability_findings(abilities: Mapping[str, Any]) -> list[Finding]:
    """What the last test found out about the cluster, in words; empty before the first."""
    if not abilities:
        return []
    versions = list_join(abilities.get("resource_versions") or ())
    slices = abilities.get("resource_slices")
    return [
        _yes_no(_("Resize of running pods"), abilities.get("pod_resize"), "pods/resize"),
        Finding(
            _("Device claims (DRA)"),
            "ok" if versions else "off",
            versions or _("not served"),
            _("ResourceSlices: %(count)s") % {"count": _number(slices)} if versions else "",
        ),
        _yes_no(_("Metrics"), abilities.get("metrics"), "metrics.k8s.io"),
        _yes_no(_("Kueue"), abilities.get("kueue"), "kueue.x-k8s.io"),
        _yes_no(
            _("Validating admission policies"),
            abilities.get("validating_policies"),
            _("They fence tenants' namespaces."),
            needed=True,
        ),
        _yes_no(
            _("Mutating admission policies"),
            abilities.get("mutating_policies"),
            _("They pin pods in open namespaces."),
        ),
    ]


def policy_findings(abilities: Mapping[str, Any]) -> list[Finding]:
    """Each shipped admission policy and whether it stands as it was shipped."""
    words = {
        "installed": ("ok", _("Installed"), ""),
        "missing": ("danger", _("Missing"), _("Apply the manifests.")),
        "different": ("warn", _("Changed"), _("Differs from what this version ships.")),
        "unbound": ("danger", _("Not bound"), _("It does nothing without its binding.")),
        "unknown": ("wait", _("Not known"), _("The account may not read policies.")),
    }
    return [
        Finding(_policy_name(name), *words.get(state, ("info", state, "")))
        for name, state in sorted((abilities.get("policies") or {}).items())
    ]


def _policy_name(named: str) -> str:
    """Name and kind of a policy in short: one name may be of both kinds."""
    kind, _space, name = named.partition(" ")
    return f"{name} ({kind.removesuffix('AdmissionPolicy')})"


def roles_sentence(rights: Mapping[str, Any]) -> str:
    """What the account is good for."""
    if not rights:
        return _("Not tested yet.")
    if not rights.get("read"):
        return _("It may not read all that Berth mirrors.")
    if not rights.get("act"):
        return _("It may read, and not act: Berth shows this cluster and changes nothing.")
    if not rights.get("renew"):
        return _("It may read and act, and not renew its own token.")
    return _("It may read, act and renew its own token.")


def _yes_no(name: str, value: Any, meaning: str, *, needed: bool = False) -> Finding:
    if value:
        return Finding(name, "ok", _("yes"), meaning)
    return Finding(name, "danger" if needed else "off", _("no"), meaning)


def _number(value: int | None) -> str:
    return _("not reported") if value is None else str(value)


def setup_checks(cluster: Cluster, nodes: int, *, now: datetime) -> list[dict[str, str]]:
    """The checklist of a cluster that joins, for <c-checks>; before the test all are open."""
    tested = bool(cluster.rights) and cluster.tested_at is not None
    rights, abilities = cluster.rights, cluster.abilities
    reached = cluster.state == ClusterState.CONNECTED
    lines = [
        (tested and reached, _("API server reached, certificate checked"), cluster.version),
        (
            rights.get("own_account"),
            _("Account is Berth's own"),
            rights.get("user", "").rpartition(":")[2],
        ),
        (rights.get("read"), _("Role berth-read is there as a whole"), ""),
        (rights.get("act"), _("Role berth-act is there as a whole"), ""),
        (rights.get("renew"), _("The token can be renewed"), _holds(cluster, now)),
        (tested and not rights.get("extra"), _("No rights beyond these"), ""),
        (abilities.get("fenced"), _("Admission policies stand as shipped"), ""),
        (nodes > 0, _("Nodes mirrored"), str(nodes)),
    ]
    return [
        {"state": _check_state(bool(good), tested), "text": text, "number": number}
        for good, text, number in lines
    ]


def _check_state(good: bool, tested: bool) -> str:
    if good:
        return "ok"
    return "refused" if tested else "skipped"


def _holds(cluster: Cluster, now: datetime) -> str:
    if cluster.credential_expires_at is None:
        return _("no end known")
    left = (cluster.credential_expires_at - now).total_seconds()
    return _("%(left)s left") % {"left": age_text(left)} if left > 0 else _("expired")
