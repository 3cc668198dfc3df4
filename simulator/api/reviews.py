"""Questions about rights and identity, and tokens that are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.admission.attempt import Attempt
from simulator.api import answer, bodies, errors, managed
from simulator.api.answer import Answer
from simulator.api.changes import options_of
from simulator.api.managed import Manager
from simulator.api.read import get
from simulator.api.request import Request
from simulator.api.write import decode
from simulator.auth.identity import User
from simulator.auth.rbac import MASTERS, Attributes
from simulator.auth.tokens import ISSUER, token_make
from simulator.kinds.registry import Kind, kind_named
from simulator.objects import Object, now_text
from simulator.schema.types import type_of_kind

if TYPE_CHECKING:
    from simulator.core import Core

REVIEWS = frozenset(
    {"SelfSubjectReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"}
    | {"SubjectAccessReview"}
)
TOKEN_REQUEST = Kind("TokenRequest", "tokenrequests", "authentication.k8s.io", True, ())
SHORTEST_TOKEN = 600
LONGEST_TOKEN = 2**32
DEFAULT_TOKEN = 3600


def review(core: Core, kind: Kind, request: Request) -> Answer:
    """Answer a review; nothing is kept."""
    options = options_of(request, "CreateOptions")
    body = bodies.object_read(kind, request.body, request.headers.get("content-type", ""))
    obj = decode(kind, body, options)
    if kind.name == "SelfSubjectReview":
        info = {"userInfo": request.user.info()}
        made = {"metadata": {"creationTimestamp": now_text()}, "status": info}
        return answer.of_object(201, kind, made)
    spec = obj.get("spec") or {}
    if kind.name == "SelfSubjectRulesReview":
        obj["status"] = _rules(core, request.user, spec)
    else:
        user = request.user
        if kind.name == "SubjectAccessReview":
            user = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
        obj["status"] = _access(core, kind, user, spec)
    _empty_check(kind, obj)
    manager = options.as_manager(kind)
    given = {k: v for k, v in obj.items() if k != "status"}
    entries = managed.updated(None, given, kind.type, manager)
    if entries:
        obj["metadata"]["managedFields"] = entries
    return answer.of_object(201, kind, obj)


def _empty_check(kind: Kind, obj: Object) -> None:
    """A question about access has no name and no labels."""
    if kind.name == "SelfSubjectRulesReview" or not obj["metadata"]:
        return
    causes = errors.Causes()
    causes.invalid("metadata", obj["metadata"], "must be empty")
    raise errors.invalid("", kind.group, "", causes.found)


def _access(core: Core, kind: Kind, user: User, spec: Object) -> Object:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes = errors.Causes()
        causes.invalid("spec", None, why)
        raise errors.invalid("", kind.group, "", causes.found)
    if resource is not None:
        wanted = Attributes(
            resource.get("verb", ""),
            resource.get("group", ""),
            resource.get("resource", ""),
            resource.get("subresource", ""),
            resource.get("namespace", ""),
            resource.get("name", ""),
        )
    else:
        path = path or {}
        wanted = Attributes(path.get("verb", ""), path=path.get("path", ""))
    allowed, reason = core.authorizer.allows(user, wanted)
    return {"allowed": allowed} | ({"reason": reason} if reason else {})


def _rules(core: Core, user: User, spec: Object) -> Object:
    namespace = spec.get("namespace", "")
    if not namespace:
        raise errors.bad_request("no namespace on request")
    resources: list[Object] = []
    paths: list[Object] = []
    if MASTERS in user.groups:
        resources.append({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        paths.append({"verbs": ["*"], "nonResourceURLs": ["*"]})
    for grant in core.authorizer.grants(user, namespace):
        for rule in grant.rules:
            if rule.get("resources"):
                names = ("verbs", "apiGroups", "resources", "resourceNames")
                resources.append({n: rule[n] for n in names if rule.get(n)})
            if rule.get("nonResourceURLs"):
                paths.append({n: rule[n] for n in ("verbs", "nonResourceURLs")})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}


def token(core: Core, request: Request) -> Answer:
    """A token for a ServiceAccount."""
    options = options_of(request, "CreateOptions")
    media = request.headers.get("content-type", "")
    body = bodies.object_read(TOKEN_REQUEST, request.body, media)
    account = get(core, kind_named("ServiceAccount"), request)
    obj = decode(TOKEN_REQUEST, body, options)
    spec: dict[str, Any] = obj.setdefault("spec", {})
    spec.setdefault("expirationSeconds", DEFAULT_TOKEN)
    entries = managed.updated(
        None, {"metadata": {}, "spec": dict(spec)}, type_of_kind("TokenRequest"),
        Manager(options.manager, "Update", TOKEN_REQUEST.api_version, "token"),
    )  # fmt: skip
    _seconds_check(spec["expirationSeconds"])
    if spec.get("audiences", [ISSUER]) != [ISSUER]:
        raise errors.not_modelled("spec.audiences of tokenrequests")
    core.admission.validate(
        Attempt(
            "CREATE", kind_named("ServiceAccount"), request.namespace, request.name,
            request.user, obj, part="token", object_kind="TokenRequest",
        )
    )  # fmt: skip
    spec.setdefault("audiences", [ISSUER])
    spec["boundObjectRef"] = _bound(core, request.namespace, spec.get("boundObjectRef"))
    _issue(core, account.obj["metadata"], obj, entries)
    return answer.of_object(201, TOKEN_REQUEST, obj)


def _seconds_check(seconds: int) -> None:
    why = ""
    if seconds < SHORTEST_TOKEN:
        why = "may not specify a duration less than 10 minutes"
    elif seconds > LONGEST_TOKEN:
        why = "may not specify a duration larger than 2^32 seconds"
    if why:
        causes = errors.Causes()
        causes.invalid("spec.expirationSeconds", seconds, why)
        raise errors.invalid("TokenRequest", TOKEN_REQUEST.group, "", causes.found)


def _bound(core: Core, namespace: str, reference: Object | None) -> Object | None:
    """The object that a token dies with, with its UID; raises StatusError where it is not there."""
    if reference is None:
        return None
    name, version = reference.get("kind", ""), reference.get("apiVersion", "")
    if name == "Node" and version == "v1":
        raise errors.not_modelled("tokens bound to nodes")
    if name not in ("Pod", "Secret") or version != "v1":
        group = version.partition("/")[0] if "/" in version else ""
        short = version.rpartition("/")[2]
        raise errors.bad_request(
            f"cannot bind token to object of type {group}/{short}, Kind={name}"
        )
    kind = kind_named(name)
    found = core.store.get(kind.key, namespace, reference.get("name", ""))
    if found is None:
        raise errors.not_found(kind, reference.get("name", ""))
    uid = found.obj["metadata"]["uid"]
    wanted = reference.get("uid") or uid
    if wanted != uid:
        why = (
            f"the UID in the bound object reference ({wanted}) does not match the UID in record."
            " The object might have been deleted and then recreated"
        )
        raise errors.conflict(kind, found.name, why)
    return reference | {"uid": uid}


def _issue(core: Core, account: Object, obj: Object, entries: list[Object]) -> None:
    """Put the token of an account into the request for it."""
    seconds = obj["spec"]["expirationSeconds"]
    text = token_make(
        core.authority.token_key,
        namespace=account["namespace"],
        account=account["name"],
        uid=account["uid"],
        seconds=seconds,
        bound=obj["spec"]["boundObjectRef"],
    )
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    obj["metadata"] = {
        "name": account["name"],
        "namespace": account["namespace"],
        "uid": account["uid"],
        "creationTimestamp": now_text(),
        "managedFields": entries,
    }
    obj["status"] = {
        "token": text,
        "expirationTimestamp": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
