"""Sign-in by OpenID Connect as the environment asks for it, and the second factor."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django import Settings

from portal.settings.env import env_read
from portal.settings.sign_in import form_targets, providers
from tests.people import PASSWORD, People
from tests.portal.servers import uvicorn_running
from tests.portal.test_settings_env import NEEDED

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
ACTIVATE = "/accounts/2fa/totp/activate/"


class Discovery(BaseHTTPRequestHandler):
    """Says where the provider's pages are, as /.well-known/openid-configuration does."""

    def do_GET(self) -> None:
        host = f"http://127.0.0.1:{self.server.server_port}"
        pages = {f"{name}_endpoint": f"{host}/realm/{name}" for name in ("authorization", "token")}
        body = json.dumps(pages).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a provider that answers."""
    with HTTPServer(("127.0.0.1", 0), Discovery) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/realm"
        server.shutdown()
        thread.join(10)


@pytest.fixture
def _configured(settings: Settings, provider: str) -> None:
    """Settings as they follow from an environment that names the provider."""
    env = env_read(
        NEEDED
        | {
            "BERTH_OIDC_SERVER_URL": provider,
            "BERTH_OIDC_CLIENT_ID": "berth",
            "BERTH_OIDC_CLIENT_SECRET": "secret",
            "BERTH_OIDC_NAME": "Harbour login",
        }
    )
    settings.SOCIALACCOUNT_PROVIDERS = providers(env)
    policy = settings.CONTENT_SECURITY_POLICY
    directives = policy["DIRECTIVES"] | {"form-action": form_targets(env)}
    settings.CONTENT_SECURITY_POLICY = policy | {"DIRECTIVES": directives}


def directive(answer: HttpResponse, name: str) -> list[str]:
    """What the page's policy says about one thing."""
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return next(part[1:] for part in parts if part[0] == name)


@pytest.mark.usefixtures("_configured")
def test_the_page_offers_the_provider_and_its_policy_lets_the_form_lead_there(
    client: Client, provider: str
) -> None:
    page = client.get(LOGIN)
    text = page.content.decode()
    assert "Sign in with Harbour login" in text
    action = re.search(r'<form method="post" action="(/accounts/oidc/[^"]*)"', text)
    assert action
    leads_to = urlsplit(client.post(action[1].replace("&amp;", "&"))["Location"])
    assert leads_to.path == "/realm/authorization"
    assert parse_qs(leads_to.query)["client_id"] == ["berth"]
    assert directive(page, "form-action") == ["'self'", f"{leads_to.scheme}://{leads_to.netloc}"]


@pytest.mark.browser
def test_a_browser_follows_the_form_to_the_provider(
    browser: Browser, transactional_db: None, provider: str, tmp_path: Path
) -> None:
    """Chromium holds the redirect of a form to form-action as well; this needs a real one."""
    variables = {"BERTH_OIDC_SERVER_URL": provider, "BERTH_OIDC_NAME": "Harbour login"}
    with uvicorn_running(tmp_path / "log", BERTH_DEBUG="1", **variables) as server:
        page = browser.new_page()
        page.goto(f"{server.origin}{LOGIN}")
        page.get_by_role("button", name="Sign in with Harbour login").click()
        page.wait_for_url(f"{provider}/authorization?**", timeout=15_000)
        page.close()


def test_without_a_provider_forms_stay_here(client: Client) -> None:
    page = client.get(LOGIN)
    assert directive(page, "form-action") == ["'self'"]
    assert "Sign in with" not in page.content.decode()
    assert providers(env_read(NEEDED)) == {}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("account_signup", "Berth has no sign-up"),
        ("account_inactive", "This account is switched off"),
        ("account_reset_password", "Forgotten password"),
        ("account_reset_password_done", "Look into your mailbox"),
        ("account_reset_password_from_key_done", "Your password is changed"),
        ("socialaccount_login_cancelled", "You did not sign in"),
        ("socialaccount_login_error", "The other provider did not let you in"),
    ],
)
def test_pages_before_signing_in_say_it_in_our_words_and_lead_back(
    client: Client, name: str, title: str
) -> None:
    page = client.get(reverse(name)).content.decode()
    assert f"<h1>{title}</h1>" in page
    assert re.search(rf'<a[^>]* href="{reverse("account_login")}">', page)


def test_a_link_for_a_new_password_works_once(client: Client, people: People) -> None:
    user = people.alice.user
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    address = reverse("account_reset_password_from_key", args=key.split("-", 1))
    asked = client.get(address, follow=True)
    assert ">Choose a new password</h1>" in asked.content.decode()
    new = {"password1": "quite-another-1", "password2": "quite-another-1"}
    done = client.post(asked.redirect_chain[-1][0], new, follow=True)
    assert "<h1>Your password is changed</h1>" in done.content.decode()
    again = Client().get(address, follow=True).content.decode()
    assert "<h1>This link no longer works</h1>" in again


def test_browsers_are_told_where_to_report(client: Client) -> None:
    (address,) = directive(client.get(LOGIN), "report-uri")
    report = {"csp-report": {"violated-directive": "script-src", "blocked-uri": "x"}}
    answer = client.post(address, json.dumps(report), "application/csp-report")
    assert answer.status_code == 204


def code_for(secret: str, *, later: int = 0) -> str:
    """What an authenticator app shows, `later` periods of half a minute from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def test_a_second_factor_is_set_up_and_then_asked_for(people: People) -> None:
    client = Client()
    own = {"login": "alice", "password": PASSWORD}
    assert client.post(LOGIN, own).status_code == 302
    asked = client.get(ACTIVATE, follow=True)
    page = client.post(asked.request["PATH_INFO"], {"password": PASSWORD, "next": ACTIVATE})
    assert page["Location"] == ACTIVATE
    page = client.get(ACTIVATE)
    secret = re.search(r'value="([A-Z2-7]{32})"', page.content.decode())
    assert secret
    answer = client.post(ACTIVATE, {"code": "000000"})
    assert (answer.status_code, "Incorrect code" in answer.content.decode()) == (200, True)
    assert client.post(ACTIVATE, {"code": code_for(secret[1])}).status_code == 302
    assert client.get("/accounts/2fa/").status_code == 200

    again = Client()
    asked = again.post(LOGIN, own, follow=True)
    assert asked.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
    assert again.get("/t/vision/").status_code == 302
    answer = again.post("/accounts/2fa/authenticate/", {"code": code_for(secret[1], later=1)})
    assert answer.status_code == 302
    assert again.get("/t/vision/").status_code == 200
