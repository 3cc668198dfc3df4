"""Signing in to a demonstration without a password."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from tenants.demo import PEOPLE


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign a made-up account in, where BERTH_DEMO says that this is a demonstration; else 404."""
    name = request.POST.get("account", "")
    if not settings.DEMO or name not in {person.username for person in PEOPLE}:
        raise Http404
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise Http404
    response: HttpResponseBase = perform_login(request, Login(user=user))
    return response
