"""One seeded transaction for many requests: each request is taken back, the world stays.

`wall` says which of the two walls stands while the requests run: "both", "rows" (row-level
security alone: `visible_to` returns everything), "code" (`visible_to` alone: the connection is the
owner's, whom no policy holds) or "none". "bare" is "none" where everybody has every right besides:
that shows that the tests would see what is there. Pages then come without the shell around them:
its list of tenants would give strangers away on every page, whatever the page itself says.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from django.db import connection, connections, transaction
from django.test import Client, override_settings
from django.utils import timezone
from psycopg import sql

from portal.api.throttles import BerthThrottle
from portal.viewer import Viewer, VisibleQuerySet
from tests.database import owner_connection
from tests.lists.shown import inner_of
from tests.surface.world import World, world_make
from tests.surface.world.marks import FIRST_ID, STEP

Wall = Literal["both", "rows", "code", "none", "bare"]
# Quick, and without the limits that many requests of the same person run into.
FAST = {
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ACCOUNT_RATE_LIMITS": False,
}
SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = 'public' ORDER BY sequencename
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: dict[str, str]
    body: str
    sent: str = ""
    error: Any = None

    def refused(self) -> bool:
        """Whether it is a refusal: then there is nothing to take back, and tests look at that."""
        return self.status >= 400

    def always(self) -> bool:
        """For requests that build on each other."""
        return True

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Keep = Callable[[Answer], bool]


@dataclass(slots=True)
class Stage:
    """The world, and everybody's way to ask; `shell` says whether pages come with theirs."""

    world: World
    shell: bool = True
    clients: dict[str, Client] = field(default_factory=dict)

    def ask(
        self,
        person: str,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        form: dict[str, Any] | None = None,
        raw: bytes | None = None,
        headers: dict[str, str | None] | None = None,
        content_type: str = "application/json",
        keep: Keep | None = None,
    ) -> Answer:
        """Send one request as a person; what it did is taken back unless `keep(answer)`."""
        client = self.clients[person]
        sent = self._headers(person, method, path) | (headers or {})
        sent = {header: value for header, value in sent.items() if value is not None}
        cookies = copy.deepcopy(client.cookies)
        with transaction.atomic():
            if form is not None:
                made = client.post(path, form, headers=sent)
            else:
                data = raw if raw is not None else b""
                data = json.dumps(json_body).encode() if json_body is not None else data
                made = client.generic(method, path, data, content_type, headers=sent)
            answer = _answer(made, f"{path} {form or json_body}")
            if not self.shell:
                answer = replace(answer, body=inner_of(answer.body))
            if keep is None or not keep(answer):
                transaction.set_rollback(True)
                client.cookies = cookies
        return answer

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Around several requests that build on each other; all is taken back at the end."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def _headers(self, person: str, method: str, path: str) -> dict[str, str]:
        found: dict[str, str] = {}
        token = self.world.crew.tokens.get(person)
        if token:
            found["Authorization"] = f"Bearer {token}"
        if path.startswith("/api/") and method not in {"GET", "HEAD", "OPTIONS"}:
            found |= {"Idempotency-Key": uuid.uuid4().hex, "If-Match": "*"}
        return found


@contextmanager
def stage_made(wall: Wall = "both") -> Iterator[Stage]:
    """Make the world in a transaction that is rolled back at the end."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(override_settings(**FAST))
        stack.enter_context(_ids_apart())
        if wall in {"code", "none", "bare"}:
            stack.enter_context(_as_owner())
        patch.setattr(BerthThrottle, "allow_request", lambda *_arguments: True)
        moment = timezone.now()  # ages stand still, so that two answers may be compared
        patch.setattr(timezone, "now", lambda: moment)
        patch.setattr("portal.middleware._report", lambda *_arguments: None)  # 10,000 lines
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        stage = Stage(world_make(), shell=wall != "bare")
        _clients_make(stage)
        if wall in {"rows", "none", "bare"}:
            patch.setattr(VisibleQuerySet, "visible_to", lambda rows, _viewer: rows)
        if wall == "bare":
            for question in ("sees", "can"):
                patch.setattr(Viewer, question, lambda _viewer, *_what: True)
        yield stage


def _clients_make(stage: Stage) -> None:
    backend = "django.contrib.auth.backends.ModelBackend"
    for person in ("anonymous", *stage.world.crew.tokens):
        stage.clients[person] = Client(raise_request_exception=False)
    for person, someone in stage.world.crew.accounts.items():
        client = Client(raise_request_exception=False)
        client.force_login(someone.user, backend=backend)
        stage.clients[person] = client


def _answer(made: Any, sent: str) -> Answer:
    content = b"".join(made.streaming_content) if made.streaming else made.content
    info = getattr(made, "exc_info", None)
    cookies = made.cookies.output()
    headers = {name.lower(): value for name, value in made.items()}
    body = content.decode("utf-8", "replace")
    return Answer(made.status_code, headers | {"set-cookie": cookies}, body, sent, info)


@contextmanager
def _as_owner() -> Iterator[None]:
    """Let the program connect as the owner of the tables, whom policies don't hold."""
    owner = connections["owner"].settings_dict
    kept = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update({name: owner[name] for name in kept})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


@contextmanager
def _ids_apart() -> Iterator[None]:
    """Begin every table's ids far from those of any other, so that a number names one thing."""
    with owner_connection() as owner:
        before = owner.execute(SEQUENCES).fetchall()
        for index, (name, _value) in enumerate(before):
            _sequence_set(owner, name, FIRST_ID + index * STEP)
    try:
        yield
    finally:
        with owner_connection() as owner:
            for name, value in before:
                _sequence_set(owner, name, value)


def _sequence_set(owner: Any, name: str, value: int | None) -> None:
    called = sql.SQL("SELECT setval({}, {}, {})")
    named = sql.Literal(f'public."{name}"')
    owner.execute(called.format(named, sql.Literal(value or 1), sql.Literal(value is not None)))
