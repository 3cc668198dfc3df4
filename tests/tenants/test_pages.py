"""Pages of this app: who may open them, what they change, how many queries they cost."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Cluster, DeviceType, Node, Pool
from portal.models import IdempotentAnswer
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.words import amounts_words
from tenants.models import ApiToken, Membership, Tenant, UserPreference
from tenants.services.tree import tenant_update
from tenants.words import ROLE_HINTS
from tests.people import People
from tests.tenants.test_authentication import token_make

MOST_QUERIES = 12
TRANSACTION_CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
SIGNED_OUT, NOBODY_MAY = 302, {"alice": 403, "bob": 403, "charlie": 403}

# page: status for operator, auditor, alice (owner), bob (viewer), charlie (stranger)
PAGES = {
    "/ops/tenants/": (200, 200, 403, 403, 403),
    "/ops/tenants/new/": (200, 403, 403, 403, 403),
    "/ops/tenants/vision/": (200, 200, 403, 403, 403),
    "/ops/tenants/vision/see/members/": (200, 200, 403, 403, 403),
    "/ops/tenants/vision/see/nothing/": (404, 404, 403, 403, 403),
    "/ops/tenants/nothing/": (404, 404, 403, 403, 403),
    "/ops/tenants/vision/limits/": (200, 403, 403, 403, 403),
    "/ops/tenants/vision/move/": (200, 403, 403, 403, 403),
    "/ops/tenants/vision/archive/": (200, 403, 403, 403, 403),
    "/ops/users/": (200, 200, 403, 403, 403),
    "/ops/users/new/": (200, 403, 403, 403, 403),
    "/ops/users/999999/": (404, 404, 403, 403, 403),
    "/ops/tokens/": (200, 200, 403, 403, 403),
    "/ops/tokens/new/": (200, 403, 403, 403, 403),
    "/t/vision/": (200, 200, 200, 200, 404),
    "/t/vision/edit/": (200, 403, 200, 403, 404),
    "/t/vision/below/": (200, 403, 200, 403, 404),
    "/t/vision/activity/": (200, 200, 200, 200, 404),
    "/t/vision/activity/panel/": (200, 200, 200, 200, 404),
    "/t/vision/members/": (200, 200, 200, 200, 404),
    "/t/vision/members/panel/": (200, 200, 200, 200, 404),
    "/t/vision/members/999999/": (404, 403, 404, 403, 404),
    "/t/vision/tokens/": (200, 200, 200, 403, 404),
    "/t/vision/tokens/new/": (200, 403, 200, 403, 404),
    "/t/aurora/": (200, 200, 404, 404, 404),
    "/settings/": (200, 200, 200, 200, 200),
}
NAMES = ("operator", "auditor", "alice", "bob", "charlie")


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_for_exactly_these_people(people: People, page: str) -> None:
    found = tuple(getattr(people, name).client().get(page).status_code for name in NAMES)
    assert found == PAGES[page]


@pytest.mark.parametrize("page", PAGES)
def test_signed_out_people_are_sent_to_the_door(db: None, page: str) -> None:
    answer = Client().get(page)
    assert answer.status_code == SIGNED_OUT
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("page", [page for page, seen in PAGES.items() if seen[0] == 200])
def test_page_costs_few_queries(people: People, page: str) -> None:
    client = people.operator.client()
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(page).status_code == 200
    counted = [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]
    assert len(counted) <= MOST_QUERIES, "\n".join(counted)


def test_list_costs_no_query_per_row(people: People) -> None:
    with scope(Viewer.system("tests")):
        Tenant.objects.bulk_create(
            Tenant(key=f"t{number}", title="T", kind="project", path=f"/t{number}/")
            for number in range(60)
        )
    client = people.operator.client()
    client.get("/ops/tenants/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/ops/tenants/")
    counted = [q for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]
    assert len(counted) <= MOST_QUERIES


def test_pages_show_their_rest_call(people: People) -> None:
    page = people.alice.client().get("/t/vision/members/").content.decode()
    assert "$BERTH_URL/api/v1/tenants/vision/members/" in page
    assert "&quot;role&quot;: &quot;member&quot;" in page


def test_only_what_can_be_asked_for_again_names_the_zone_it_was_made_in(people: People) -> None:
    """An answer to a POST may show a secret once: no script may load that page anew."""
    client, path = people.alice.client(), "/t/vision/tokens/new/"
    assert "data-zone=" in client.get(path).content.decode()
    answer = client.post(path, {"name": "ci", "scopes": ["read"], "days": "7"})
    assert answer.status_code == 201
    assert re.search(r"berth_\w{12}_\w{40}", answer.content.decode())
    assert "data-zone=" not in answer.content.decode()


def test_foreign_names_are_on_no_page(people: People) -> None:
    client = people.alice.client()
    for page, seen in PAGES.items():
        if seen[2] == 200:
            body = client.get(page).content
            assert b"borealis" not in body.lower(), page
            assert b"charlie" not in body, page
            assert b"aurora" not in body.lower(), page


def test_an_owner_who_makes_no_tenant_below_goes_back_to_the_own_one(people: People) -> None:
    page = people.alice.client().get("/t/vision/below/").content.decode()
    assert "/ops/tenants/" not in page
    assert re.search(r'href="/t/vision/"[^>]*>\s*Cancel', page)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("/ops/tenants/new/", "organisation"),
        ("/ops/tenants/new/?parent=aurora", "department"),
        ("/ops/tenants/new/?parent=vision", "project"),
        ("/t/aurora/below/", "department"),
    ],
)
def test_the_kind_of_a_new_tenant_follows_from_its_place(
    people: People, page: str, kind: str
) -> None:
    body = people.operator.client().get(page).text
    (chosen,) = re.findall(r'<input[^>]*name="kind"[^>]*checked[^>]*>', body)
    assert f'value="{kind}"' in chosen


def test_an_operator_is_led_to_where_an_account_is_added(people: People) -> None:
    page = f"/ops/users/{people.operator.user.pk}/"
    link = r'class="b-btn b-btn-28" href="/ops/tenants/">Tenants'
    assert re.search(link, people.operator.client().get(page).text)
    assert not re.search(link, people.auditor.client().get(page).text)


def test_owner_makes_a_tenant_below(people: People) -> None:
    answer = people.alice.client().post(
        "/t/vision/below/",
        {"title": "Detection", "key": "detect", "kind": "project", "parent": "vision"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/t/detect/")


def test_wrong_form_comes_back_with_sentences(people: People) -> None:
    answer = people.operator.client().post(
        "/ops/tenants/new/", {"title": "", "key": "Not A Key", "kind": "project", "parent": "-"}
    )
    assert answer.status_code == 422
    assert b"things to correct" in answer.content
    taken = people.operator.client().post(
        "/ops/tenants/new/", {"title": "Vision", "key": "vision", "kind": "project", "parent": "-"}
    )
    assert taken.status_code == 409
    assert b"is taken" in taken.content


def test_stale_form_does_not_overwrite(people: People) -> None:
    client = people.alice.client()
    body = {"title": "First", "kind": "project", "generation": "1"}
    assert client.post("/t/vision/edit/", body).status_code == 302
    late = client.post("/t/vision/edit/", body | {"title": "Late"})
    assert late.status_code == 412
    with scope(Viewer.system("tests")):
        assert Tenant.objects.get(key="vision").title == "First"


def test_refused_archive_shows_the_refusal(people: People) -> None:
    answer = people.operator.client().post("/ops/tenants/aurora/archive/", {"reason": "x"})
    assert answer.status_code == 422
    assert b"tenant.has-children" in answer.content


def test_what_keeps_a_tenant_from_being_archived_is_named(people: People) -> None:
    page = people.operator.client().get("/ops/tenants/aurora/archive/").content.decode()
    assert '<a class="b-name" href="/ops/tenants/vision/">Computer Vision</a>' in page
    assert "Cancel</a>" not in page


def test_each_tab_of_a_tenant_shows_its_own_call(people: People) -> None:
    client = people.operator.client()
    called: dict[str, str] = {}
    for panel in client.get("/ops/tenants/vision/").context["panels"]:
        page = client.get(f"/ops/tenants/vision/see/{panel.name}/").content.decode()
        found = re.search(r"<code>GET (/api/[^<]*)</code>", page)
        assert found is not None, panel.name
        called[panel.name] = html.unescape(found[1])
        assert client.get(called[panel.name]).status_code == 200, called[panel.name]
    assert called == {
        "quota": "/api/v1/quotas/?tenant=vision",
        "held": "/api/v1/allocations/?tenant=vision&state=live",
        "requests": "/api/v1/requests/?tenant=vision",
        "members": "/api/v1/tenants/vision/members/",
        "activity": "/api/v1/audit/?tenant=vision",
    }


def test_operator_moves_and_archives(people: People) -> None:
    client = people.operator.client()
    moved = client.post("/ops/tenants/vision/move/", {"parent": "borealis"})
    assert moved.status_code == 302
    assert client.post("/ops/tenants/vision/archive/", {"reason": "x"}).status_code == 302
    assert b"Archived" in client.get("/ops/tenants/vision/").content
    assert client.post("/ops/tenants/vision/restore/").status_code == 302


def test_owner_adds_changes_and_removes_members(people: People) -> None:
    client, charlie = people.alice.client(), people.charlie.user
    client.post("/t/vision/members/", {"user": "charlie", "role": "viewer"})
    page = client.get(f"/t/vision/members/{charlie.pk}/").content.decode()
    assert "Ask for capacity" in page
    client.post(f"/t/vision/members/{charlie.pk}/role/", {"role": "member"})
    with scope(Viewer.system("tests")):
        found = Membership.objects.get(tenant_id="vision", user=charlie)
    assert found.role == "member"
    assert client.post(f"/t/vision/members/{charlie.pk}/remove/").status_code == 302
    with scope(Viewer.system("tests")):
        assert not Membership.objects.filter(tenant_id="vision", user=charlie).exists()


def test_unknown_member_is_said_at_the_field(people: People) -> None:
    answer = people.alice.client().post("/t/vision/members/", {"user": "nobody", "role": "member"})
    assert answer.status_code == 422
    assert b"No active account has this name" in answer.content


def test_the_last_owner_is_offered_no_smaller_role_and_told_why(people: People) -> None:
    client, member = people.alice.client(), f"/t/vision/members/{people.alice.user.pk}/"
    page = client.get(member).content.decode()
    assert "Make somebody else an owner first" in page
    assert f"{member}role/" not in page
    assert f"{member}remove/" not in page
    for act, sent in (("role/", {"role": "viewer"}), ("remove/", {})):
        answer = client.post(member + act, sent)
        assert answer.status_code == 422
        assert "tenant.last-owner" in answer.content.decode()
        assert "The only owner." in answer.content.decode(), "the page itself says it"
    bob = f"/t/vision/members/{people.bob.user.pk}/"
    assert client.post(f"{bob}role/", {"role": "owner"}).status_code == 302
    page = client.get(member).content.decode()
    assert "This is you." in page
    assert f"{member}role/" in page
    assert f"{member}remove/" in page
    assert "This is you." not in client.get(bob).content.decode()


def test_what_a_role_says_of_itself_is_what_it_loses(people: People) -> None:
    page = people.operator.client().get(f"/t/vision/members/{people.alice.user.pk}/")
    options = {option.role: option for option in page.context["options"]}
    assert "See tokens" in options["viewer"].lost
    assert "but tokens" in options["viewer"].hint
    assert (
        str(ROLE_HINTS["viewer"])
        in people.alice.client().get("/t/vision/members/").content.decode()
    )


def test_viewer_leaves_and_goes_home(people: People) -> None:
    client = people.bob.client()
    answer = client.post(f"/t/vision/members/{people.bob.user.pk}/remove/")
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_state_is_never_changed_by_get(people: People) -> None:
    token, _text = token_make(people.alice)
    for path in (
        f"/t/vision/members/{people.bob.user.pk}/remove/",
        f"/t/vision/members/{people.bob.user.pk}/role/",
        f"/t/vision/tokens/{token.pk}/revoke/",
        f"/t/vision/tokens/{token.pk}/switch/",
        f"/t/vision/tokens/{token.pk}/rotate/",
    ):
        assert people.alice.client().get(path)["Location"] in path


def test_token_value_is_shown_once(people: People) -> None:
    client = people.alice.client()
    made = client.post("/t/vision/tokens/new/", {"name": "ci", "days": "7", "scopes": ["read"]})
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    found = re.search(r"berth_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}", made.content.decode())
    assert found is not None
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {found[0]}"})
    assert answer.status_code == 200
    listed = client.get("/t/vision/tokens/").content.decode()
    assert found[0] not in listed
    assert found[0][:18] in listed
    assert not IdempotentAnswer.objects.exists()


def test_token_is_ended_from_the_list(people: People) -> None:
    token, text = token_make(people.alice)
    client = people.alice.client()
    client.post(f"/t/vision/tokens/{token.pk}/switch/", {"enabled": "false"})
    client.post(f"/t/vision/tokens/{token.pk}/revoke/")
    headers = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401


def test_foreign_token_is_not_found_under_any_address(people: People) -> None:
    token, _text = token_make(people.charlie, tenant_key="speech")
    client = people.alice.client()
    for tenant in ("vision", "speech"):
        path = f"/t/{tenant}/tokens/{token.pk}/revoke/"
        assert client.post(path).status_code == 404
    with scope(Viewer.system("tests")):
        assert ApiToken.objects.get(pk=token.pk).revoked_at is None


def test_settings_say_which_role_reaches_a_tenant_from_where(people: People) -> None:
    client = people.alice.client()
    new = {"title": "Detection", "key": "detect", "kind": "project", "parent": "vision"}
    client.post("/t/vision/below/", new)
    page = client.get("/settings/").text
    assert '">Computer Vision</a><span class="b-dim b-push">Owner</span>' in page
    assert '">Detection</a><span class="b-dim b-push">Owner, from Computer Vision</span>' in page


def test_settings_are_kept_and_given_to_the_browser(people: People) -> None:
    client = people.bob.client()
    wanted = {
        "language": "zh-hans",
        "theme": "dark",
        "time_zone": "Asia/Shanghai",
        "density": "comfortable",
    }
    answer = client.post("/settings/", wanted)
    assert answer.status_code == 302
    assert answer.cookies["berth_theme"].value == "dark"
    assert answer.cookies["berth_language"].value == "zh-hans"
    kept = UserPreference.objects.get(user=people.bob.user)
    assert (kept.theme, kept.time_zone, kept.shortcuts) == ("dark", "Asia/Shanghai", False)
    page = client.get("/settings/").content
    for attribute in (b'data-bs-theme="dark"', b'data-density="comfortable"', b'data-keys="off"'):
        assert attribute in page
    assert client.post("/settings/", wanted | {"theme": "pink"}).status_code == 422
    assert client.post("/settings/", wanted | {"time_zone": "-"}).status_code == 302
    assert UserPreference.objects.get(user=people.bob.user).time_zone == ""


def test_sign_in_brings_the_preference_to_a_new_browser(people: People) -> None:
    UserPreference.objects.create(user=people.bob.user, theme="dark", language="zh-hans")
    client = Client()
    answer = client.post("/accounts/login/", {"login": "bob", "password": "quay-crane-lantern"})
    assert answer.status_code == 302, answer.content
    assert answer.cookies["berth_theme"].value == "dark"


def test_sign_up_is_closed(db: None) -> None:
    answer = Client().get("/accounts/signup/")
    assert b"password1" not in answer.content


def test_operator_makes_disables_and_promotes_accounts(people: People) -> None:
    client = people.operator.client()
    made = client.post("/ops/users/new/", {"username": "dora"})
    assert made.status_code == 201
    found = re.search(r"<code>([\w-]{20})</code>", made.content.decode())
    assert found is not None
    assert Client().login(username="dora", password=found[1])
    bob = people.bob.user.pk
    client.post(f"/ops/users/{bob}/role/", {"role": "auditor"})
    assert people.bob.viewer.sees_all
    client.post(f"/ops/users/{bob}/switch/", {"active": "false"})
    assert people.bob.viewer == Viewer.anonymous()


def test_disabled_person_is_out_at_the_next_click(people: People) -> None:
    client = people.bob.client()
    assert client.get("/t/vision/").status_code == 200
    people.operator.client().post(f"/ops/users/{people.bob.user.pk}/switch/", {"active": "false"})
    assert client.get("/t/vision/").status_code == 302


def test_operator_sets_limits_in_units_of_people(people: People) -> None:
    with scope(Viewer.system("tests")):
        pool = Pool.objects.create(name="gpu", title="GPU nodes", ordering=1)
        for name in ("h100", "l4"):
            DeviceType.objects.create(name=name, title=name.upper())
        Node.objects.create(
            cluster=Cluster.objects.create(name="west"),
            name="n1",
            uid="n1",
            resource_version="1",
            seen_at=timezone.now(),
            ready=True,
            pool=pool,
            allocatable={"h100": 8},
        )
    client, path = people.operator.client(), "/ops/tenants/vision/limits/"
    boxes = re.findall(rb'name="(gpu--[^"]*)"', client.get(path).content)
    assert boxes == [b"gpu--h100", b"gpu--cpu", b"gpu--memory"], "what the pool's nodes have"
    body = {"gpu--cpu": "16.5", "gpu--memory": "64", "gpu--h100": "", "generation": "1"}
    assert client.post(path, body).status_code == 302
    with scope(Viewer.system("tests")):
        limits = Tenant.objects.get(key="vision").auto_approve_limits
    assert limits == {"gpu": {"cpu": 16500, "memory": 64 * 1024**3}}
    assert b"16.5 cores" in people.alice.client().get("/t/vision/").content
    wrong = client.post(path, body | {"gpu--h100": "1.5", "generation": "2"})
    assert wrong.status_code == 422
    assert b"Give whole devices" in wrong.content
    assert client.post(path, body).status_code == 412


def test_untouched_limit_keeps_its_exact_amount(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        Pool.objects.create(name="gpu", title="GPU nodes", ordering=1)
        tenant_update(key="vision", auto_approve_limits={"gpu": {"cpu": 1125}}, viewer=viewer)
    client, path = people.operator.client(), "/ops/tenants/vision/limits/"
    shown = re.search(rb'name="gpu--cpu" value="([^"]*)"', client.get(path).content)
    assert shown is not None
    client.post(path, {"gpu--cpu": shown[1].decode(), "gpu--memory": "1"})
    with scope(Viewer.system("tests")):
        limits = Tenant.objects.get(key="vision").auto_approve_limits
    assert limits["gpu"]["cpu"] == 1125


def test_an_operators_token_for_a_tenant_is_offered_what_counts_there(people: People) -> None:
    def offered(path: str) -> set[str]:
        form = people.operator.client().get(path).context["form"]
        return {verb for verb, _title in form.fields["scopes"].choices}

    assert {"cluster.edit", "user.edit", "request.decide"} <= offered("/ops/tokens/new/")
    bound = offered("/t/vision/tokens/new/")
    assert {"request.create", "request.decide", "allocation.release"} <= bound
    assert not {verb for verb in bound if verb.split(".")[0] in {"cluster", "pool", "user", "role"}}


def test_the_limits_that_hold_are_shown_with_the_tenant_that_sets_them(people: People) -> None:
    home = "/t/vision/"
    assert b"an operator decides on every request" in people.alice.client().get(home).content
    above = {"memory": 64 * 1024**3, "cpu": 16000, "h100-sxm": 2, "a100-sxm": 1}
    with scope(people.operator.viewer) as viewer:
        for place, name in enumerate(("h100", "a100", "spare")):
            Pool.objects.create(name=name, title=f"{name} pool", ordering=place)
        tenant_update(
            key="aurora", auto_approve_limits={"a100": above, "h100": above}, viewer=viewer
        )
        tenant_update(key="vision", auto_approve_limits={"h100": {"cpu": 4000}}, viewer=viewer)
        tenant_update(key="speech", auto_approve_limits={"spare": above}, viewer=viewer)
    amounts = amounts_words(above)
    form = people.operator.client().get("/ops/tenants/vision/limits/").context["form"]
    assert [row.above for row in form.rows()] == ["", f"from Aurora Research: {amounts}", ""]
    shown = people.operator.client().get("/ops/tenants/vision/").context["limits"]
    assert shown == [("h100 pool", "4 cores", ""), ("a100 pool", amounts, "Aurora Research")]
    assert amounts.index("16 cores") < amounts.index("64 GiB")
    page = people.alice.client().get(home).content.decode()
    assert amounts in page
    assert "as set for a tenant above" in page
    assert "aurora" not in page.lower(), "what stands above is not hers to know"
    assert people.charlie.client().get("/t/speech/").context["limits"] == [
        ("spare pool", amounts, "")
    ]
