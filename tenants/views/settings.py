"""One's own settings."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.attempts import form_attempt
from portal.pages import person_required, viewer_of
from tenants.cookies import preference_cookies_set
from tenants.forms import PreferenceForm
from tenants.paths import path_within
from tenants.selectors.viewers import OwnTenant, Preference, person_of
from tenants.services.preferences import preference_set


@require_http_methods(["GET", "POST"])
@person_required
def settings_page(request: HttpRequest) -> HttpResponseBase:
    """Language, colours, time zone, density; the account; where one belongs."""
    person = person_of(request)
    form = PreferenceForm(request.POST or None, preference=person.preference)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda _data: preference_set(
                preference=Preference(**form.cleaned_data), viewer=viewer_of(request)
            ),
        )
        if attempt.result is not None:
            return _saved(request, attempt.result)
        status = attempt.status
    context = {
        "form": form,
        "person": person,
        "belongs": [(own, _sources(own, person.tenants)) for own in person.tenants],
        "account": request.user,
    }
    return render(request, "tenants/settings.html", context, status=status)


def _sources(own: OwnTenant, tenants: Iterable[OwnTenant]) -> list[OwnTenant]:
    """The tenants above whose roles reach this one; of no account beside a role of its own."""
    if own.role:
        return []
    return [each for each in tenants if each.role and path_within(own.path, each.path)]


def _saved(request: HttpRequest, preference: Preference) -> HttpResponseRedirect:
    with translation.override(preference.language or translation.get_language()):
        messages.success(request, _("Your settings are saved."))
    response = HttpResponseRedirect(reverse("settings"))
    preference_cookies_set(request, response, preference)
    return response
