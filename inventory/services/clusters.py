"""Registering clusters and changing them; nothing here calls one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from inventory.choices import ClusterState
from inventory.inputs import labels_check, name_check, title_check
from inventory.k8s.connection import Credential
from inventory.k8s.kubeconfig import ParsedKubeconfig, parse_kubeconfig
from inventory.k8s.pem import credential_span, token_subject
from inventory.logins import login_check, subjects_check
from inventory.models import Cluster
from inventory.services.testing import test_request
from inventory.services.writes import change_record, cluster_open, row_write, state_values
from portal.errors import Conflict, FieldErrors
from portal.models import JobRun
from portal.seal import seal
from portal.viewer import Viewer, authorize


@transaction.atomic
def cluster_register(
    *,
    name: str,
    title: str,
    kubeconfig: str | ParsedKubeconfig,
    viewer: Viewer,
    labels: Mapping[str, str] | None = None,
    login: Mapping[str, Any] | None = None,
    subject_template: Sequence[Mapping[str, str]] | None = None,
) -> Cluster:
    """Take a cluster in and ask for its connection test.

    `kubeconfig` is the text (read by allow-list) or what was parsed from it. Its credential is
    sealed before it is stored. Raises Invalid with the fields, Denied, Conflict (name taken) or
    SealUnavailable.
    """
    authorize(viewer=viewer, verb="cluster.edit")
    parsed = parse_kubeconfig(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
    cluster = Cluster(name=name, title=title.strip(), server_url=parsed.server)
    cluster.ca_pem, cluster.labels = parsed.ca_pem, dict(labels or {})
    cluster.login, cluster.subject_template = dict(login or {}), list(subject_template or [])
    if parsed.tls_server_name:
        cluster.api_extra = {"tls_server_name": parsed.tls_server_name}
    _check(cluster)
    try:
        with transaction.atomic():
            cluster.save(force_insert=True)
    except IntegrityError:
        text = _("There is already a cluster named %(name)s. Choose another name.")
        raise Conflict(text % {"name": name}, code="cluster-name-taken") from None
    _credential_store(cluster, parsed)
    change_record(viewer=viewer, verb="cluster.register", row=cluster, after=cluster_facts(cluster))
    test_request(cluster=cluster, viewer=viewer)
    return cluster


@transaction.atomic
def cluster_update(
    *, name: str, viewer: Viewer, generation: int | None = None, **values: Any
) -> Cluster:
    """Change title, labels, login or subject_template; with `generation`, only if unchanged.

    Raises Invalid, NotFound, Denied or PreconditionFailed.
    """
    cluster = cluster_open(name=name, viewer=viewer)
    before = cluster_facts(cluster)
    known = {"title", "labels", "login", "subject_template"}
    if not set(values) <= known:
        msg = f"only {sorted(known)} can be changed"
        raise TypeError(msg)
    for field, value in values.items():
        setattr(cluster, field, value.strip() if isinstance(value, str) else value)
    _check(cluster)
    row_write(cluster, {field: getattr(cluster, field) for field in values}, generation)
    after = cluster_facts(cluster)
    change_record(viewer=viewer, verb="cluster.edit", row=cluster, before=before, after=after)
    return cluster


@transaction.atomic
def cluster_credential_rotate(
    *, name: str, kubeconfig: str | ParsedKubeconfig, viewer: Viewer, generation: int | None = None
) -> Cluster:
    """Replace server, CA and credential by those of a kubeconfig, and test them.

    The old credential is overwritten; jobs that were parked for it go on once the test is through.
    """
    cluster = cluster_open(name=name, viewer=viewer)
    parsed = parse_kubeconfig(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
    before = cluster_facts(cluster)
    extra = {k: v for k, v in cluster.api_extra.items() if k != "tls_server_name"}
    if parsed.tls_server_name:
        extra["tls_server_name"] = parsed.tls_server_name
    values = {"server_url": parsed.server, "ca_pem": parsed.ca_pem, "api_extra": extra}
    row_write(cluster, values, generation)
    _credential_store(cluster, parsed)
    after = cluster_facts(cluster)
    change_record(viewer=viewer, verb="cluster.rotate", row=cluster, before=before, after=after)
    test_request(cluster=cluster, viewer=viewer)
    return cluster


@transaction.atomic
def cluster_pause(
    *, name: str, viewer: Viewer, reason: str = "", generation: int | None = None
) -> Cluster:
    """Leave a cluster alone: no watching, no jobs, until it is resumed."""
    cluster = cluster_open(name=name, viewer=viewer)
    if cluster.state == ClusterState.PAUSED:
        raise Conflict(_("The cluster is paused already."), code="cluster-paused")
    row_write(cluster, state_values(ClusterState.PAUSED), generation)
    change_record(viewer=viewer, verb="cluster.pause", row=cluster, reason=reason)
    return cluster


@transaction.atomic
def cluster_resume(*, name: str, viewer: Viewer, generation: int | None = None) -> Cluster:
    """Take a paused cluster up again, beginning with its connection test."""
    cluster = cluster_open(name=name, viewer=viewer)
    if cluster.state != ClusterState.PAUSED:
        raise Conflict(_("The cluster is not paused."), code="cluster-not-paused")
    row_write(cluster, state_values(ClusterState.PENDING), generation)
    change_record(viewer=viewer, verb="cluster.resume", row=cluster)
    test_request(cluster=cluster, viewer=viewer)
    return cluster


@transaction.atomic
def cluster_test(*, name: str, viewer: Viewer) -> JobRun:
    """Ask for the connection test; its answer arrives live and on the cluster's row."""
    return test_request(cluster=cluster_open(name=name, viewer=viewer), viewer=viewer)


def cluster_facts(cluster: Cluster) -> dict[str, Any]:
    """What the audit log says of a cluster: never the credential."""
    return {
        "name": cluster.name,
        "title": cluster.title,
        "server_url": cluster.server_url,
        "labels": cluster.labels,
        "subject_template": cluster.subject_template,
        "account": cluster.credential_user,
    }


def _check(cluster: Cluster) -> None:
    errors = FieldErrors()
    name_check(errors, "name", cluster.name)
    title_check(errors, "title", cluster.title)
    labels_check(errors, "labels", cluster.labels)
    login_check(errors, "login", cluster.login)
    subjects_check(errors, "subject_template", cluster.subject_template)
    errors.raise_any()


def _credential_store(cluster: Cluster, parsed: ParsedKubeconfig) -> None:
    made_at, expires_at = credential_span(parsed.token, parsed.client_cert_pem)
    Cluster.objects.filter(pk=cluster.pk).update(
        sealed_credential=seal(Credential.of(parsed).dump(), cluster.seal_context),
        credential_user=token_subject(parsed.token)[:253],
        credential_made_at=made_at,
        credential_expires_at=expires_at,
        tested_at=None,
    )
    cluster.refresh_from_db()
