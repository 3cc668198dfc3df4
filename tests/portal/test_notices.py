"""Telling people: in the bell and by e-mail, once, in their language, by their own choice."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portal.models import Notice, NoticePreference, OutboxEvent
from portal.notices import inbox, kinds, notify
from portal.notices import mail as mail_module
from portal.notices.kinds import NoticeKind
from portal.notices.mail import CLAIM_LASTS, MAX_ATTEMPTS, mail_due
from portal.notices.notify import Ways
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import UserPreference
from tests.people import People, Someone
from tests.portal.calls import Api
from tests.portal.together import together

SYSTEM = Viewer.system("tests")
NOW = datetime.fromisoformat("2027-03-01T10:00:00+00:00")
KIND = NoticeKind(
    code="test.ready",
    label="A berth is ready",
    title="Berth %(name)s is ready",
    text=_("Save"),
    email=True,
)


def only_kind(people: People, monkeypatch: pytest.MonkeyPatch) -> People:
    """Nobody has been told anything yet, and there is one kind of notice."""
    with scope(SYSTEM):
        Notice.objects.all().delete()
        OutboxEvent.objects.all().delete()
    monkeypatch.setattr(kinds, "_kinds", {KIND.code: KIND})
    return people


@pytest.fixture
def people(people: People, monkeypatch: pytest.MonkeyPatch) -> People:
    return only_kind(people, monkeypatch)


@pytest.fixture
def people_committed(people_committed: People, monkeypatch: pytest.MonkeyPatch) -> People:
    return only_kind(people_committed, monkeypatch)


def tell(*people: Someone, tenant_key: str = "vision", **more: Any) -> int:
    values = {"kind": KIND.code, "params": {"name": "quay-1"}, "url": "/t/vision/"} | more
    with scope(SYSTEM):
        return notify(users=[one.user.pk for one in people], tenant_key=tenant_key, **values)


def only() -> Notice:
    with scope(SYSTEM):
        return Notice.objects.get()


def states() -> list[str]:
    with scope(SYSTEM):
        return sorted(Notice.objects.values_list("email_state", flat=True))


database = pytest.mark.django_db


@database
def test_notify_tells_each_once_and_wakes_their_bell(people: People) -> None:
    assert tell(people.alice, people.bob, people.alice) == 2
    topics = set(OutboxEvent.objects.filter(kind="notice").values_list("topic", flat=True))
    assert topics == {f"user:{people.alice.user.pk}", f"user:{people.bob.user.pk}"}


@database
@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_notify_refuses_addresses_outside(people: People, url: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        tell(people.alice, url=url)


@database
def test_notify_refuses_an_unknown_kind(people: People) -> None:
    with pytest.raises(LookupError):
        tell(people.alice, kind="nothing")


@database
def test_words_come_in_the_language_of_the_reader(people: People) -> None:
    tell(people.alice)
    shown = inbox.notice_view(only())
    assert (shown.title, shown.text) == ("Berth quay-1 is ready", "Save")
    with translation.override("zh-hans"):
        assert inbox.notice_view(only()).text == str(_("Save"))


@database
def test_a_missing_value_and_an_unknown_kind_still_read(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(people.alice, params={})
    assert inbox.notice_view(only()).title == "Berth {name} is ready"
    monkeypatch.setattr(kinds, "_kinds", {})
    assert inbox.notice_view(only()).title == KIND.code


@database
def test_the_bell_holds_one_s_own_alone(people: People) -> None:
    tell(people.alice)
    counts = {}
    for name in ("alice", "bob", "charlie", "operator"):
        viewer = getattr(people, name).viewer
        with scope(viewer):
            counts[name] = inbox.notices_unread(viewer).count()
    assert counts == {"alice": 1, "bob": 0, "charlie": 0, "operator": 0}


@database
def test_a_notice_of_no_tenant_reaches_a_member(people: People) -> None:
    tell(people.alice, tenant_key="")
    with scope(people.alice.viewer):
        assert inbox.notices_unread(people.alice.viewer).count() == 1


@database
def test_choices_decide_how_one_is_told(people: People) -> None:
    alice = people.alice.viewer
    for ways, expected in (
        (Ways(bell=True, email=False), (1, 0)),
        (Ways(bell=False, email=True), (0, 1)),
        (Ways(bell=False, email=False), (0, 0)),
    ):
        with scope(SYSTEM):
            Notice.objects.all().delete()
            inbox.choices_set(viewer=alice, ways={KIND.code: ways})
        tell(people.alice)
        with scope(SYSTEM):
            mails = Notice.objects.filter(email_state="queued").count()
            assert (inbox.notices_unread(alice).count(), mails) == expected
    assert NoticePreference.objects.count() == 1


@database
def test_an_e_mail_is_sent_once_with_words_and_address(people: People) -> None:
    tell(people.alice)
    assert mail_due(now=timezone.now()) == 1
    assert mail_due(now=timezone.now()) == 0
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert sent.subject == "[Berth] Berth quay-1 is ready"
    assert "/t/vision/" in sent.body
    assert "/settings/notices/" in sent.body
    assert str(only().pk) in sent.extra_headers["Message-ID"]
    assert states() == ["sent"]


@database
def test_an_e_mail_comes_in_the_language_its_reader_chose(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    UserPreference.objects.create(user=people.alice.user, language="zh-hans")
    seen: list[str | None] = []
    monkeypatch.setattr(
        mail_module, "notice_view", lambda n: seen.append(translation.get_language()) or view(n)
    )
    view = inbox.notice_view
    tell(people.alice)
    mail_due(now=timezone.now())
    assert seen == ["zh-hans"]


@database
def test_a_subject_can_not_carry_a_header(people: People) -> None:
    tell(people.alice, params={"name": "x\r\nBcc: everybody@example.com"})
    assert mail_due(now=timezone.now()) == 1
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].bcc == []


class Refusing:
    """A mail server that is away a number of times."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.tries = error, times, 0

    def __call__(self, messages: Any) -> int:
        self.tries += 1
        if self.tries <= self.times:
            raise self.error
        return len(messages)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception, int], Refusing]:
    def install(error: Exception, times: int) -> Refusing:
        refusing = Refusing(error, times)
        monkeypatch.setattr(
            "django.core.mail.backends.locmem.EmailBackend.send_messages",
            lambda _self, messages: refusing(messages),
        )
        return refusing

    return install


@database
def test_a_server_that_is_away_is_tried_again_later_and_not_at_once(
    people: People, server: Any
) -> None:
    refusing = server(ConnectionRefusedError(), 2)
    tell(people.alice)
    now = timezone.now() + timedelta(seconds=1)
    for seconds, state, tries in (
        (0, "queued", 1),
        (20, "queued", 1),
        (31, "queued", 2),
        (60, "queued", 2),
        (95, "sent", 3),
    ):
        mail_due(now=now + timedelta(seconds=seconds))
        assert (states(), refusing.tries) == ([state], tries)


@database
def test_at_last_it_is_given_up(people: People, server: Any) -> None:
    refusing = server(smtplib.SMTPServerDisconnected(), 99)
    tell(people.alice)
    now = timezone.now()
    for _try in range(MAX_ATTEMPTS + 2):
        now += timedelta(hours=2)
        mail_due(now=now)
    assert (states(), refusing.tries) == (["failed"], MAX_ATTEMPTS)
    assert only().email_error == "SMTPServerDisconnected"


@database
def test_a_refused_address_is_not_tried_again(people: People, server: Any) -> None:
    refusing = server(smtplib.SMTPRecipientsRefused({}), 99)
    tell(people.alice)
    mail_due(now=timezone.now())
    assert (states(), refusing.tries) == (["failed"], 1)


@database
def test_nobody_who_has_left_gets_mail(people: People) -> None:
    people.alice.user.is_active = False
    people.alice.user.save()
    tell(people.alice)
    assert (mail_due(now=timezone.now()), states()) == (0, ["failed"])
    assert mail.outbox == []


@database
def test_an_interrupted_e_mail_is_not_sent_twice(people: People) -> None:
    tell(people.alice)
    now = timezone.now()
    with scope(SYSTEM):
        assert len(mail_module._claim(now)) == 1  # and then the process died
    assert mail_due(now=now + timedelta(minutes=1)) == 0
    assert mail_due(now=now + CLAIM_LASTS + timedelta(seconds=1)) == 0
    assert (states(), mail.outbox) == (["unknown"], [])


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_e_mail_once(people_committed: People) -> None:
    for _number in range(5):
        tell(people_committed.alice, people_committed.bob)
    counts = together(*[partial(mail_due, now=timezone.now()) for _sender in range(4)])
    assert sum(counts) == 10
    assert states() == ["sent"] * 10


@database
def test_read_marks_once_and_tells_other_tabs(people: People) -> None:
    tell(people.alice)
    notice, viewer = only(), people.alice.viewer
    with scope(viewer):
        assert inbox.notice_read(viewer=viewer, notice_id=notice.pk, now=NOW)
        assert not inbox.notice_read(viewer=viewer, notice_id=notice.pk, now=NOW)
    assert only().read_at == NOW
    assert OutboxEvent.objects.filter(kind="notices-read").count() == 1


@database
def test_charlie_can_not_mark_what_is_not_his(people: People) -> None:
    tell(people.alice)
    charlie = people.charlie.viewer
    with scope(charlie):
        assert not inbox.notice_read(viewer=charlie, notice_id=only().pk, now=NOW)
    client = people.charlie.client()
    assert client.post(f"/settings/notices/{only().pk}/").status_code == 404
    assert Api(client)("POST", f"notices/{only().pk}/read/").status_code == 404
    assert only().read_at is None


@database
def test_rest_lists_and_marks(people: People) -> None:
    tell(people.alice)
    tell(people.alice, params={"name": "quay-2"})
    api = Api(people.alice.client())
    listed = api("GET", "notices/").json()["results"]
    assert [row["title"] for row in listed] == ["Berth quay-2 is ready", "Berth quay-1 is ready"]
    first = api("POST", f"notices/{listed[1]['id']}/read/").json()
    assert first["read_at"] is not None
    assert api("POST", "notices/read-all/", {"up_to": listed[1]["id"]}).json() == {"marked": 0}
    assert api("POST", "notices/read-all/", {}).json() == {"marked": 1}
    assert api("POST", "notices/read-all/", {"up_to": 10**30}).status_code == 400


@database
def test_rest_keeps_choices(people: People) -> None:
    api = Api(people.alice.client())
    before = api("GET", "notice-preferences/").json()["items"]
    assert before == [{"kind": KIND.code, "label": KIND.label, "bell": True, "email": True}]
    answer = api(
        "PUT",
        "notice-preferences/",
        {"items": [{"kind": KIND.code, "bell": False, "email": True}]},
    )
    assert answer.json()["items"][0]["bell"] is False
    bad = api("PUT", "notice-preferences/", {"items": [{"kind": "x", "bell": 1, "email": True}]})
    assert bad.status_code == 400
    assert "items.0.kind" in bad.json()["errors"]
    assert api("PUT", "notice-preferences/", {"items": []}).status_code == 400


@database
def test_the_page_shows_marks_and_keeps_choices(people: People) -> None:
    tell(people.alice, params={"name": "<b>quay</b>"})
    client = people.alice.client()
    page = client.get("/settings/notices/").content.decode()
    assert "Berth &lt;b&gt;quay&lt;/b&gt; is ready" in page
    assert "1 unread" in page
    assert "Notices, 1 unread" in client.get("/ops/counts/").content.decode()
    opened = client.post(f"/settings/notices/{only().pk}/")
    assert (opened.status_code, opened["Location"]) == (302, "/t/vision/")
    assert "0 unread" in client.get("/settings/notices/").content.decode()
    client.post("/settings/notices/choices/", {f"{KIND.code}.bell": "on"})
    with scope(people.alice.viewer):
        assert inbox.choices_of(people.alice.viewer)[0].ways == Ways(bell=True, email=False)
    tell(people.alice)
    client.post("/settings/notices/read/", {"up_to": str(10**17)})
    with scope(people.alice.viewer):
        assert inbox.notices_unread(people.alice.viewer).count() == 0
    assert client.post("/settings/notices/read/", {"up_to": "9" * 40}).status_code == 400


@database
def test_pages_of_notices_are_for_people(client: Any) -> None:
    page = client.get("/settings/notices/")
    assert (page.status_code, page["Location"]) == (
        302,
        "/accounts/login/?next=/settings/notices/",
    )
    fragment = client.get("/ops/counts/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (401, "/accounts/login/")
