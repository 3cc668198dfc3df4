"""POST, PUT, PATCH and DELETE of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.admission import lifecycle
from simulator.admission.attempt import Attempt
from simulator.api import answer, bodies, delete, errors, managed, patches, typed, write
from simulator.api.answer import Answer
from simulator.api.fieldset import SchemaMismatch
from simulator.api.read import list_page
from simulator.api.request import Request
from simulator.api.roles import escalation_check
from simulator.api.write import Options
from simulator.kinds.registry import Kind
from simulator.objects import Object, clone, dump
from simulator.schema.decode import BadType, Decoding

if TYPE_CHECKING:
    from simulator.core import Core

VALIDATIONS = ["", "Ignore", "Strict", "Warn"]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


def options_of(request: Request, name: str, *, applies: bool = False) -> Options:
    """The options in a query; raises StatusError."""
    causes = errors.Causes()
    dry = request.query.get("dryRun", [])
    if any(value != "All" for value in dry):
        shown = ", ".join(f'"{value}"' for value in dry)
        causes.unsupported("dryRun", "", ["All"], shown=f"[{shown}]")
    validation = request.one("fieldValidation")
    if validation not in VALIDATIONS:
        causes.unsupported("fieldValidation", validation, VALIDATIONS)
    if causes.found:
        raise errors.invalid(name, "meta.k8s.io", "", causes.found)
    manager = request.one("fieldManager")
    write.manager_check(name, manager, needed=applies)
    if not manager:
        manager = request.headers.get("user-agent", "").partition("/")[0] or "unknown"
    return Options(
        request.user, manager, bool(dry), validation or "Warn", request.part, request.warnings
    )


def post(core: Core, kind: Kind, request: Request) -> Answer:
    """Create an object."""
    options = options_of(request, "CreateOptions")
    media = request.headers.get("content-type", "")
    body = bodies.object_read(kind, request.body, media)
    obj = write.decode(kind, body, options)
    escalation_check(core, kind, request.namespace, obj, request.user)
    made = write.create(core, kind, request.namespace, obj, options)
    return answer.of_object(201, kind, made)


def put(core: Core, kind: Kind, request: Request) -> Answer:
    """Replace an object."""
    options = options_of(request, "UpdateOptions")
    media = request.headers.get("content-type", "")
    body = bodies.object_read(kind, request.body, media)
    obj = write.decode(kind, body, options)
    _name_check(obj, request)
    escalation_check(core, kind, request.namespace, obj, request.user)
    changed = write.change(core, kind, request.namespace, request.name, lambda _old: obj, options)
    return answer.of_object(200, kind, changed)


def _name_check(obj: Object, request: Request) -> None:
    name = obj["metadata"].get("name")
    if not name:
        raise errors.bad_request(
            f"the name of the object ({request.name} based on URL) was undeterminable: name must be"
            " provided"
        )
    if name != request.name:
        raise errors.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({request.name})"
        )
    space = obj["metadata"].get("namespace")
    if space and space != request.namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def patch(core: Core, kind: Kind, request: Request) -> Answer:
    """Change an object by a patch, or apply a configuration."""
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    if media not in (MERGE, STRATEGIC, JSON_PATCH, APPLY):
        text = "415: Unsupported Media Type"
        raise errors.StatusError(415, "UnsupportedMediaType", text, details={})
    options = options_of(request, "PatchOptions", applies=media == APPLY)
    bodies.size_check(request.body)
    try:
        content = bodies.plain_read(request.body, media)
    except ValueError:
        raise errors.bad_request("invalid JSON patch") from None
    if media == APPLY:
        return _apply(core, kind, request, content, options)
    if "force" in request.query:
        causes = errors.Causes()
        causes.forbidden("force", "may not be specified for non-apply patch")
        raise errors.invalid("PatchOptions", "meta.k8s.io", "", causes.found)

    def make(old: Object) -> Object:
        return patched(kind, old, content, media, options)

    def guarded(old: Object) -> Object:
        new = make(old)
        _name_check(new, request)
        escalation_check(core, kind, request.namespace, new, request.user)
        return new

    changed = write.change(core, kind, request.namespace, request.name, guarded, options)
    return answer.of_object(200, kind, changed)


def patched(kind: Kind, old: Object, content: Any, media: str, options: Options) -> Object:
    """An object with a patch laid over it; raises StatusError."""
    head = {"kind": kind.name, "apiVersion": kind.api_version}
    whole = head | old
    if media == JSON_PATCH:
        new = patches.json_patch(whole, content)
    elif not isinstance(content, dict):
        raise errors.bad_request("invalid JSON patch")
    elif media == MERGE:
        new = patches.merge_patch(whole, content)
    else:
        new = patches.strategic_patch(whole, content, kind.type)
    return _recode(kind, new, options)


def _recode(kind: Kind, new: Any, options: Options) -> Object:
    decoding = Decoding()
    try:
        out: Object = decoding.read(new, kind.type, struct=kind.name)
    except BadType as problem:
        raise _bad_patch(new, str(problem)) from None
    if decoding.unknown and options.validation == "Strict":
        texts = ", ".join(f'unknown field "{path}"' for path in decoding.unknown)
        raise _bad_patch(new, f"strict decoding error: {texts}")
    if options.validation == "Warn":
        options.warnings += [f'unknown field "{path}"' for path in decoding.unknown]
    out.pop("kind", None)
    out.pop("apiVersion", None)
    return out


def _bad_patch(new: Any, why: str) -> errors.StatusError:
    """422 for what a patch would make, which is shown as a whole."""
    causes = errors.Causes()
    causes.invalid("patch", dump(new).decode(), why)
    return errors.StatusError(422, "Invalid", f' "" is invalid: {causes.found[0].text}', details={})


def _apply(core: Core, kind: Kind, request: Request, content: Any, options: Options) -> Answer:
    wanted = _applied_check(kind, request, content)
    force = request.flag("force")
    namespace = request.namespace if kind.namespaced else ""
    stored = core.store.get(kind.key, namespace, request.name)
    live = stored.obj if stored else None
    version = wanted["metadata"].get("resourceVersion")
    if version and stored is not None and version != str(stored.version):
        raise errors.conflict(kind, request.name)
    uid = wanted["metadata"].get("uid")
    if uid and live is None:
        raise errors.precondition(kind, request.name, "the object does not exist")
    entry = options.as_manager(kind, "Apply")
    wanted["metadata"].pop("resourceVersion", None)
    try:
        new = managed.applied(live, wanted, kind.type, entry, force=force)
    except SchemaMismatch as problem:
        raise _mismatch(kind, request, problem) from None
    new = _recode(kind, new, options)
    entries = new["metadata"].get("managedFields") or []
    escalation_check(core, kind, request.namespace, new, request.user)
    if live is None:
        made = _create_applied(core, kind, request, new, entries, options)
        return answer.of_object(201, kind, made)
    changed = write.finish(core, kind, live, new, options, applied_entries=entries)
    return answer.of_object(200, kind, changed)


def _create_applied(
    core: Core, kind: Kind, request: Request, new: Object, entries: list[Object], options: Options
) -> Object:
    new["metadata"]["name"] = request.name
    if request.part:
        raise errors.not_found(kind, request.name)
    return write.create_with(core, kind, request.namespace, new, entries, options)


def _applied_check(kind: Kind, request: Request, content: Any) -> Object:
    if not isinstance(content, dict):
        raise errors.bad_request("error decoding YAML: the body is no object")
    said, version = content.get("kind", ""), content.get("apiVersion", "")
    if not said or not version:
        raise errors.bad_request(f"invalid object type: {version or '/'}, Kind={said}")
    if said != kind.name or version != kind.api_version:
        group = "" if "/" in version else "/"
        raise errors.bad_request(f"invalid object type: {group}{version}, Kind={said}")
    wanted: Object = clone({k: v for k, v in content.items() if k not in ("kind", "apiVersion")})
    meta = wanted.setdefault("metadata", {})
    if not isinstance(meta, dict):
        raise errors.bad_request("error decoding YAML: metadata is no object")
    if meta.get("managedFields") is not None:
        raise errors.bad_request("metadata.managedFields must be nil")
    try:
        typed.check(wanted, kind.type)
    except SchemaMismatch as problem:
        raise _mismatch(kind, request, problem) from None
    _name_check(wanted, request)
    meta.setdefault("name", request.name)
    if kind.namespaced:
        meta.setdefault("namespace", request.namespace)
    try:
        canonical: Object = Decoding().read(wanted, kind.type, struct=kind.name)
    except BadType as why:
        what = f"{kind.group}/v1, Kind={kind.name}"
        raise errors.internal(
            f"failed to convert new object ({_place(kind, request)}) to proper version: unable to"
            f" convert unstructured object to {what}: {why}"
        ) from None
    return canonical


def _mismatch(kind: Kind, request: Request, problem: SchemaMismatch) -> errors.StatusError:
    where = _place(kind, request)
    return errors.internal(f"failed to create typed patch object ({where}): {problem}")


def _place(kind: Kind, request: Request) -> str:
    return f"/{request.name}; {kind.group}/v1, Kind={kind.name}"


def policies_ask(core: Core, kind: Kind, request: Request) -> None:
    """Let policies see an object of a kind that is not modelled; raises StatusError."""
    body = bodies.object_read(kind, request.body, request.headers.get("content-type", ""))
    name = str((body.get("metadata") or {}).get("name", ""))
    attempt = Attempt(
        "CREATE" if request.method == "POST" else "UPDATE",
        kind, request.namespace, name, request.user, body, part=request.part,
    )  # fmt: skip
    lifecycle.check(core.store, attempt)
    core.admission.policies.validate(attempt)


def remove(core: Core, kind: Kind, request: Request) -> Answer:
    """Delete one object."""
    deletion, options = deletion_of(kind, request)
    obj, gone = delete.delete(core, kind, request.namespace, request.name, deletion, options)
    if gone and kind.name not in delete.RETURNED:
        return answer.of_plain(200, delete.deleted_status(kind, obj))
    return answer.of_object(200, kind, obj)


def deletion_of(kind: Kind, request: Request) -> tuple[delete.Deletion, Options]:
    """What a delete asks for; raises StatusError."""
    options = options_of(request, "DeleteOptions")
    body: Object = {}
    if request.body:
        try:
            read = bodies.plain_read(request.body, "")
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise errors.bad_request("couldn't get version/kind; json parse error")
        body = read
        if body.get("kind", "DeleteOptions") != "DeleteOptions":
            raise errors.bad_request(
                f'no kind "{body["kind"]}" is registered for version "meta.k8s.io/v1" in scheme'
                ' "pkg/runtime/scheme.go:111"'
            )
    if body.get("dryRun"):
        options.dry_run = True
    grace = request.one("gracePeriodSeconds")
    return delete.Deletion.read(body, request.one("propagationPolicy"), grace), options


def remove_many(core: Core, kind: Kind, request: Request) -> Answer:
    """Delete all objects that a selector takes."""
    deletion, options = deletion_of(kind, request)
    page = list_page(core, kind, request)
    for stored in page.items:
        delete.delete(core, kind, stored.namespace, stored.name, deletion, options)
    return answer.of_list(kind, page.items, page.metadata())
