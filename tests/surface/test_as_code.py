"""The REST call that a page shows works as it stands there, and is about the page's own object."""

from __future__ import annotations

import html
import json
import re
import shlex
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.surface.calls import ROUTES, send
from tests.surface.kit import Row
from tests.surface.nasty import row_counts
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.table.inventory import KUBE
from tests.surface.world import ALPHA

SHOWN = re.compile(r"<code>(curl -X .*?)</code></pre>", re.DOTALL)
PAGES = sorted(
    name
    for name, row in ROWS.items()
    if row.get and not ROUTES[name].is_api and not ROUTES[name].pattern.startswith("accounts/")
)
# Pages that are no view of anything in the API, each with its reason.
PLAIN = {
    "home": "it leads elsewhere",
    "api_docs": "it is the reader of the API itself",
    "request_new": "its preview has the call, made of what is typed: see below",
    "request_edit": "as request_new",
}
SESSION = re.compile(r"\$BERTH_(SESSION|CSRF)")


@dataclass(slots=True)
class Call:
    """A call as a shell would make it."""

    method: str = "GET"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    by_session: bool = False


def calls_on(page: str) -> list[Call]:
    """What a page shows, read as a shell reads it."""
    return [_call(html.unescape(text)) for text in SHOWN.findall(page)]


def _call(text: str) -> Call:
    by_session = bool(SESSION.search(text))
    plain = (
        text.replace("\\\n", " ").replace("$BERTH_URL", "").replace("$(uuidgen)", uuid.uuid4().hex)
    )
    words = iter(shlex.split(plain)[1:])
    found = Call(by_session=by_session)
    for word in words:
        if word == "-X":
            found.method = next(words)
        elif word == "-H":
            name, _colon, value = next(words).partition(": ")
            found.headers[name] = value
        elif word == "-d":
            found.body = json.loads(next(words))
        elif word == "-b":
            next(words)
        else:
            found.path = word
    # Neither a token nor a session's key nor a kubeconfig may stand on a page.
    for name in ("Authorization", "X-CSRFToken"):
        found.headers.pop(name, None)
    if isinstance(found.body, dict) and "…" in str(found.body.get("kubeconfig", "")):
        found.body |= KUBE
    return found


def who_looks(row: Row) -> tuple[str, str]:
    """Somebody who sees the page, and their token."""
    for person, token in (("owner", "token"), ("operator", "platform_token")):
        if row.granted("GET").status(person) == 0:
            return person, token
    return "anonymous", "anonymous"


def is_page(answer: Answer) -> bool:
    """A whole page; fragments of one, files and redirections show no call."""
    return answer.status == 200 and "<html" in answer.body


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_a_call_that_works(stage: Stage, name: str) -> None:
    row, ids = ROWS[name], stage.world.ids[ALPHA]
    person, token = who_looks(row)
    answer = send(stage, (ROUTES[name], row, "GET", person, {}), ids, places=ids)
    if not is_page(answer) or name in PLAIN:
        assert name in PLAIN or not is_page(answer)
        return
    calls = calls_on(answer.body)
    assert calls, f"{name} shows no call"
    for call in calls:
        _works(stage, call, person if call.by_session else token)
        _is_about(call, answer, row, ids)


def test_the_form_of_a_request_shows_the_call_that_it_stands_for(stage: Stage) -> None:
    row, ids = ROWS["request_preview"], stage.world.ids[ALPHA]
    answer = send(stage, (ROUTES[row.name], row, "POST", "owner", {}), ids, places=ids)
    (call,) = calls_on(answer.body)
    made = _works(stage, call, "token")
    asked = made.data["ask"]
    assert (asked["name"], asked["pool"], asked["replicas"]) == ("surface", "train", 1)
    assert made.data["tenant"] == ALPHA


def _works(stage: Stage, call: Call, person: str) -> Answer:
    """Make the call; a write leaves a trace, a dry run leaves none."""
    with stage.kept():
        before = row_counts()
        answer = stage.ask(
            person,
            call.method,
            call.path,
            json_body=call.body,
            headers={"If-Match": None, **call.headers} if call.method != "GET" else call.headers,
            keep=Answer.always,
        )
        assert 200 <= answer.status < 300, f"{call.method} {call.path}: {answer.body}"
        after = row_counts()
        trace = call.path != "/api/v1/me/"  # one's own taste is nobody's business
        if call.method != "GET" and "dryRun=true" not in call.path and trace:
            grown = {name for name, count in after.items() if count != before[name]}
            assert grown - {"portal_idempotentanswer"}, "nothing was done"
        elif trace and call.method != "GET":
            assert after == before
    sent = call.body if isinstance(call.body, dict) else {}
    shown = answer.data if answer.headers.get("content-type") == "application/json" else {}
    shown = shown.get("preference", shown)
    for field_name, value in sent.items():
        if (
            field_name in shown
            and not field_name.endswith(("reason", "_at"))
            and not isinstance(value, dict | list)
        ):
            assert shown[field_name] == value, field_name
    return answer


def _is_about(call: Call, page: Answer, row: Row, ids: dict[str, Any]) -> None:
    """The call names what the page's address names."""
    places = [str(ids[what]) for what in row.ids.values() if what not in {"tab"}]
    missing = [place for place in places[-1:] if place not in f"{call.path} {call.body}"]
    named = {name for name in missing if name not in (ids["username"], str(ids["user"]))}
    assert not named, f"{call.method} {call.path} is not about {named}"
