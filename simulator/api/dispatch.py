"""A request on its way: who asks, whether they may, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.api import answer, changes, errors, read, reviews
from simulator.api.answer import Answer
from simulator.api.discovery import discover, is_open, nowhere
from simulator.api.media import Media, media_of
from simulator.api.parts import PARTS, binding
from simulator.api.request import Request
from simulator.api.tables import partial, partial_list, table, table_line
from simulator.api.watch import Render, Watch
from simulator.auth.identity import User
from simulator.kinds.registry import Kind, is_unmodelled_part
from simulator.objects import dump
from simulator.store.store import Stored

if TYPE_CHECKING:
    from simulator.core import Core

COLLECTION = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


def authorise(core: Core, request: Request) -> None:
    """Refuse what the user may not do; raises StatusError 403."""
    if any(name.startswith("impersonate-") for name in request.headers):
        raise errors.not_modelled("impersonation")
    if is_open(request.path):
        return
    wanted = request.attributes
    allowed, _reason = core.authorizer.allows(request.user, wanted)
    if allowed:
        return
    user = request.user.name
    if wanted.path:
        text = f'forbidden: User "{user}" cannot {wanted.verb} path "{wanted.path}"'
        raise errors.StatusError(403, "Forbidden", text, details={})
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    why = (
        f'User "{user}" cannot {wanted.verb} resource "{wanted.full_resource}" in API group'
        f' "{wanted.group}" {where}'
    )
    kind = Kind(wanted.resource, wanted.resource, wanted.group, True, ())
    raise errors.forbidden(kind, wanted.name, why)


def dispatch(core: Core, request: Request, user: User, address: str) -> Answer | Watch:
    """Answer a request; raises StatusError."""
    request.user = user
    authorise(core, request)
    if not request.resource:
        found = discover(request.path, address)
        if found is None:
            raise nowhere(request.path)
        return found
    kind = request.kind()
    if not kind.is_modelled or is_unmodelled_part(kind, request.part):
        return _refuse_unmodelled(core, kind, request)
    if kind.name in reviews.REVIEWS:
        return _review(core, kind, request)
    if kind.name == "Binding":
        if request.method != "POST":
            raise errors.method_not_allowed()
        return binding(core, kind, request)
    if request.part:
        return _part(core, kind, request)
    media = media_of(request.headers.get("accept", ""))
    if request.method == "GET":
        return _get(core, kind, request, media)
    return _change(core, kind, request)


def _review(core: Core, kind: Kind, request: Request) -> Answer:
    if request.name:
        raise errors.no_resource()
    if request.method != "POST":
        raise errors.method_not_allowed()
    return reviews.review(core, kind, request)


def _change(core: Core, kind: Kind, request: Request) -> Answer:
    if not request.name:
        if request.method == "POST" and (request.namespace or not kind.namespaced):
            return changes.post(core, kind, request)
        if request.method == "DELETE" and kind.name != "Namespace":
            return changes.remove_many(core, kind, request)
    elif request.method == "PUT":
        return changes.put(core, kind, request)
    elif request.method == "PATCH":
        return changes.patch(core, kind, request)
    elif request.method == "DELETE":
        return changes.remove(core, kind, request)
    raise errors.method_not_allowed()


def _get(core: Core, kind: Kind, request: Request, media: Media) -> Answer | Watch:
    if request.is_watch:
        if request.name:
            request.query = {**request.query, "fieldSelector": [f"metadata.name={request.name}"]}
        return Watch(core, kind, request, _render(kind, media))
    if request.name:
        stored = read.get(core, kind, request)
        if media.form == "Table":
            return answer.of_plain(200, table(kind, [stored], {}))
        if media.form.startswith("Partial"):
            return answer.of_plain(200, partial(kind, stored))
        return answer.of_stored(kind, stored)
    page = read.list_page(core, kind, request)
    if media.form == "Table":
        return answer.of_plain(200, table(kind, page.items, page.metadata()))
    if media.form.startswith("Partial"):
        return answer.of_plain(200, partial_list(kind, page.items, page.metadata()))
    return answer.of_list(kind, page.items, page.metadata())


def _render(kind: Kind, media: Media) -> Render:
    if media.form == "Table":
        first = [True]

        def as_table(stored: Stored) -> bytes:
            columns, first[0] = first[0], False
            return dump(table_line(kind, stored, columns=columns))

        return as_table
    if media.form.startswith("Partial"):
        return lambda stored: dump(partial(kind, stored))
    return lambda stored: answer.with_head(kind.name, kind.api_version, stored.data)


def _part(core: Core, kind: Kind, request: Request) -> Answer:
    if request.part == "token" and kind.name == "ServiceAccount":
        if request.method != "POST":
            raise errors.method_not_allowed()
        return reviews.token(core, request)
    if request.part not in kind.parts or request.part not in PARTS:
        raise errors.no_resource()
    handler, methods = PARTS[request.part]
    if request.method not in methods:
        raise errors.method_not_allowed()
    return handler(core, kind, request)


def _refuse_unmodelled(core: Core, kind: Kind, request: Request) -> Answer:
    """What policies would say comes first, since they are asked before anything is made."""
    from_body = request.method in ("POST", "PUT") and request.body
    if from_body and not kind.is_modelled:
        changes.policies_ask(core, kind, request)
    part = f"/{request.part}" if request.part else ""
    raise errors.not_modelled(f"{kind.qualified}{part}")
