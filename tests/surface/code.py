"""The REST calls that pages show, read as a shell reads them."""

from __future__ import annotations

import html
import json
import re
import shlex
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.surface.kit import Row
from tests.surface.stage import Answer, Stage
from tests.surface.table.inventory import KUBE

SHOWN = re.compile(r"<code>(curl -X .*?)</code></pre>", re.DOTALL)
SESSION = re.compile(r"\$BERTH_(SESSION|CSRF)")
DRY = "?dryRun=true"


@dataclass(slots=True)
class Call:
    """A call as a shell would make it."""

    method: str = "GET"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    by_session: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """The body's fields."""
        return self.body if isinstance(self.body, dict) else {}

    def make(self, stage: Stage, person: str, *, dry: bool = True) -> Answer:
        """Make the call, and keep what it does; `dry` makes it as it stands there."""
        headers = dict(self.headers)
        if self.method != "GET":
            headers = {"If-Match": None, **headers}  # nothing that the page does not show
            headers["Idempotency-Key"] = uuid.uuid4().hex
        return stage.ask(
            person,
            self.method,
            self.path if dry else self.path.replace(DRY, ""),
            json_body=self.body,
            headers=headers,
            keep=Answer.always,
        )


def calls_on(page: str) -> list[Call]:
    """What a page shows."""
    return [_call(html.unescape(text)) for text in SHOWN.findall(page)]


def who_looks(row: Row) -> tuple[str, str]:
    """Somebody who sees the page, and their token."""
    for person, token in (("owner", "token"), ("operator", "platform_token")):
        if row.granted("GET").status(person) == 0:
            return person, token
    return "anonymous", "anonymous"


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
    if "…" in str(found.fields.get("kubeconfig", "")):
        found.body |= KUBE
    return found
