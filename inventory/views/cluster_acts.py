"""What operators do to a cluster: change, test, rotate, pause, resume, remove."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from inventory.forms import ClusterForm, KubeconfigForm, ReasonForm, RemoveForm
from inventory.models import Cluster
from inventory.selectors.clusters import cluster_by_name
from inventory.services.clusters import (
    cluster_credential_rotate,
    cluster_pause,
    cluster_resume,
    cluster_test,
    cluster_update,
)
from inventory.services.removal import cluster_remove, removal_blockers
from inventory.views.common import cluster_crumbs
from portal.attempts import form_attempt
from portal.errors import Conflict
from portal.pages import generation_sent, verb_required, viewer_of

EDIT = "cluster.edit"


@require_POST
@verb_required(EDIT)
def cluster_test_act(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask for the connection test and go where its steps are shown live."""
    cluster_test(name=name, viewer=viewer_of(request))
    return redirect("cluster_setup", name)


@require_POST
@verb_required(EDIT)
def cluster_resume_act(request: HttpRequest, name: str) -> HttpResponseBase:
    """Take a paused cluster up again."""
    try:
        cluster_resume(name=name, viewer=viewer_of(request))
        messages.success(request, _("%(name)s is watched again.") % {"name": name})
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("cluster_page", name)


@require_http_methods(["GET", "POST"])
@verb_required(EDIT)
def cluster_pause_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """What pausing means, and why it is done."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: cluster_pause(
                name=name,
                viewer=viewer,
                reason=data["reason"],
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("%(name)s is paused.") % {"name": name})
            return redirect("cluster_page", name)
        status = attempt.status
    return _plan(request, "cluster_pause", cluster, form, status)


@require_http_methods(["GET", "POST"])
@verb_required(EDIT)
def cluster_remove_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """The plan of a removal: what stands in its way, or what will happen."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    form = RemoveForm(request.POST or None, name=cluster.name)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: cluster_remove(
                name=name,
                viewer=viewer,
                reason=data["reason"],
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            return redirect("job_page", attempt.result.pk)
        status = attempt.status
    blockers = removal_blockers(cluster_id=cluster.pk)
    return _plan(request, "cluster_remove", cluster, form, status, blockers=blockers)


@never_cache
@sensitive_post_parameters("kubeconfig")
@require_http_methods(["GET", "POST"])
@verb_required(EDIT)
def cluster_rotate_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """A new credential; the old one is overwritten."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    form = KubeconfigForm(request.POST or None)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: cluster_credential_rotate(
                name=name,
                kubeconfig=data["kubeconfig"],
                viewer=viewer,
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("The credential was replaced and is being tested."))
            return redirect("cluster_setup", name)
        status = attempt.status
    return _plan(request, "cluster_rotate", cluster, form, status)


@require_http_methods(["GET", "POST"])
@verb_required(EDIT)
def cluster_edit_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """Title, labels, and how tenants sign in."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    form = ClusterForm(request.POST or None, initial=ClusterForm.initial_of(cluster))
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: cluster_update(
                name=name,
                viewer=viewer,
                generation=generation_sent(request),
                **data,
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("Changed."))
            return redirect("cluster_page", name)
        status = attempt.status
    return _plan(request, "cluster_edit", cluster, form, status)


def _plan(
    request: HttpRequest,
    template: str,
    cluster: Cluster,
    form: forms.Form,
    status: int,
    **more: Any,
) -> HttpResponse:
    context = {"cluster": cluster, "form": form, "crumbs": cluster_crumbs(cluster)} | more
    return render(request, f"inventory/{template}.html", context, status=status)
