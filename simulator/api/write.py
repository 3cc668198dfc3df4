"""Creating and changing objects: decode, default, admit, validate, keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.admission.attempt import Attempt
from simulator.api import errors, managed
from simulator.api.managed import Manager
from simulator.api.prepare import bump_generation, prepare_changed, prepare_new
from simulator.auth.identity import User
from simulator.kinds.beyond import beyond
from simulator.kinds.defaults import apply_defaults
from simulator.kinds.registry import Kind, kind_names
from simulator.objects import Object, clone
from simulator.schema.decode import BadType, Decoding
from simulator.validation.objects import change_validate, new_validate

if TYPE_CHECKING:
    from simulator.core import Core

MANAGER_BYTES = 128


@dataclass
class Options:
    """How a write is meant. `validation` is what becomes of unknown fields."""

    user: User
    manager: str
    dry_run: bool = False
    validation: str = "Warn"
    part: str = ""
    warnings: list[str] = field(default_factory=list)

    def as_manager(self, kind: Kind, operation: str = "Update") -> Manager:
        """The entry under which the write is kept."""
        return Manager(self.manager, operation, kind.api_version, self.part)


def decode(kind: Kind, body: Object, options: Options, *, named: str = "") -> Object:
    """A body as an object of a kind, without apiVersion and kind; raises StatusError."""
    said, version = body.get("kind") or kind.name, body.get("apiVersion") or kind.api_version
    head = f'{said} in version "{version.rpartition("/")[2]}" cannot be handled as a {kind.name}: '
    if version != kind.api_version:
        short = version.rpartition("/")[2] if not kind.group else version
        raise errors.bad_request(
            f'{said} in version "{short}" cannot be handled as a {kind.name}: no kind "{said}" is'
            f' registered for version "{version}" in scheme "pkg/runtime/scheme.go:111"'
        )
    if said != kind.name and said not in kind_names(version):
        raise errors.bad_request(
            f'{head}no kind "{said}" is registered for version "{version}" in scheme'
            ' "pkg/runtime/scheme.go:111"'
        )
    if said != kind.name:
        raise errors.bad_request(
            f"{head}converting (v1.{said}) to (core.{kind.name}): unknown conversion"
        )
    decoding = Decoding()
    try:
        out: Object = decoding.read(body, kind.type, struct=kind.name)
    except BadType as problem:
        raise errors.bad_request(f"{head}{problem}") from None
    if decoding.unknown and options.validation == "Strict":
        texts = ", ".join(f'unknown field "{path}"' for path in decoding.unknown)
        raise errors.bad_request(f"{head}strict decoding error: {texts}")
    if options.validation == "Warn":
        options.warnings += [f'unknown field "{path}"' for path in decoding.unknown]
    out.pop("kind", None)
    out.pop("apiVersion", None)
    out.setdefault("metadata", {})
    return out


def create(core: Core, kind: Kind, namespace: str, obj: Object, options: Options) -> Object:
    """Create a decoded object; returns it as it is kept (or would be). Raises StatusError."""
    meta = obj["metadata"]
    if meta.get("namespace", namespace) != namespace and kind.namespaced:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    version = meta.pop("resourceVersion", None)
    meta.pop("managedFields", None)
    apply_defaults(kind.name, obj)
    entries = managed.updated(None, obj, kind.type, options.as_manager(kind))
    if entries:
        meta["managedFields"] = entries
    return _admit_new(core, kind, namespace, obj, options, version)


def create_with(
    core: Core, kind: Kind, namespace: str, obj: Object, entries: list[Object], options: Options
) -> Object:
    """Create what an apply found missing, with the managers that the apply has worked out."""
    apply_defaults(kind.name, obj)
    obj["metadata"].pop("managedFields", None)
    if entries:
        obj["metadata"]["managedFields"] = entries
    return _admit_new(core, kind, namespace, obj, options, None)


def _admit_new(
    core: Core, kind: Kind, namespace: str, obj: Object, options: Options, version: str | None
) -> Object:
    meta = obj["metadata"]
    attempt = Attempt(
        "CREATE", kind, namespace, meta.get("name", ""), options.user, obj,
        dry_run=options.dry_run, warnings=options.warnings,
    )  # fmt: skip
    core.admission.mutate(attempt)
    prepare_new(kind, namespace, obj)
    attempt.name = meta.get("name", "")
    causes = new_validate(kind.name, obj)
    if causes.found:
        raise errors.invalid_object(kind, meta.get("name", ""), causes.found)
    undo = core.admission.validate(attempt)
    try:
        _modelled_check(kind, obj)
        if version and not options.dry_run:
            raise errors.internal("resourceVersion should not be set on objects to be created")
        if core.store.get(kind.key, meta.get("namespace", ""), meta["name"]):
            raise errors.already_exists(kind, meta["name"])
        if options.dry_run:
            return obj
        return core.store.write(kind.key, obj).obj
    except errors.StatusError:
        undo()
        raise


def change(
    core: Core,
    kind: Kind,
    namespace: str,
    name: str,
    make: Callable[[Object], Object],
    options: Options,
    *,
    attempt_object: tuple[str, Object, Object] | None = None,
) -> Object:
    """Change an object by a function of what is there; raises StatusError.

    `attempt_object` is (kind, object, old object) that admission sees instead, for Scale.
    """
    stored = core.store.get(kind.key, namespace if kind.namespaced else "", name)
    if stored is None:
        raise errors.not_found(kind, name)
    new = make(clone(stored.obj))
    version = new["metadata"].get("resourceVersion")
    if version and version != str(stored.version):
        raise errors.conflict(kind, name)
    return finish(core, kind, stored.obj, new, options, attempt_object=attempt_object)


def finish(
    core: Core,
    kind: Kind,
    old: Object,
    new: Object,
    options: Options,
    *,
    applied_entries: list[Object] | None = None,
    attempt_object: tuple[str, Object, Object] | None = None,
) -> Object:
    """Carry a change to its end: from the object as wanted to the object as kept."""
    apply_defaults(kind.name, new)
    new = prepare_changed(kind, old, new, options.part)
    if applied_entries is None:
        entries = managed.updated(old, new, kind.type, options.as_manager(kind))
    else:
        entries = applied_entries
    new["metadata"].pop("managedFields", None)
    if entries:
        new["metadata"]["managedFields"] = entries
    meta = old["metadata"]
    attempt = Attempt(
        "UPDATE", kind, meta.get("namespace", ""), meta["name"], options.user, new, old,
        part=options.part, dry_run=options.dry_run, warnings=options.warnings,
    )  # fmt: skip
    if attempt_object is not None:
        attempt.object_kind, attempt.obj, attempt.old = attempt_object
    core.admission.mutate(attempt)
    if options.part not in ("status", "finalize", "resize", "binding", "ephemeralcontainers"):
        causes = change_validate(kind.name, old, new)
        if causes.found:
            raise errors.invalid_object(kind, meta["name"], causes.found)
    core.admission.validate(attempt)
    if options.part != "status":
        _modelled_check(kind, new, old)
        bump_generation(kind, old, new)
    return _keep(core, kind, old, new, options)


def _modelled_check(kind: Kind, obj: Object, old: Object | None = None) -> None:
    """Refuse what would be kept and then ignored; after policies, which a real server asks too."""
    field = beyond(kind.name, obj, old)
    if field:
        raise errors.not_modelled(f"{field} of {kind.qualified}")


def _keep(core: Core, kind: Kind, old: Object, new: Object, options: Options) -> Object:
    meta, before = new["metadata"], old["metadata"]
    meta["resourceVersion"] = before["resourceVersion"]
    if options.dry_run or new == old:
        return new
    namespace = before.get("namespace", "")
    ended = meta.get("deletionTimestamp") and not meta.get("finalizers")
    if kind.name == "Namespace":
        ended = ended and not (new.get("spec") or {}).get("finalizers")
    held = before.get("finalizers") or (old.get("spec") or {}).get("finalizers")
    if ended and held and not meta.get("deletionGracePeriodSeconds"):
        core.store.remove(kind.key, namespace, before["name"])
        return new
    return core.store.write(kind.key, new).obj


def manager_check(options_kind: str, manager: str, *, needed: bool) -> None:
    """Refuse a field manager that is missing or too long."""
    causes = errors.Causes()
    if needed and not manager:
        causes.required("fieldManager", "is required for apply patch")
    if len(manager.encode()) > MANAGER_BYTES:
        text = f"Too long: may not be more than {MANAGER_BYTES} bytes"
        causes.found.append(errors.Cause("fieldManager", text, "FieldValueTooLong"))
    for place, sign in enumerate(manager):
        if not sign.isprintable():
            code = ord(sign)
            why = f"invalid character U+{code:04X} (at position {place})"
            text = f'Invalid value: "\\x{code:02x}": {why}'
            causes.found.append(errors.Cause("fieldManager", text))
            break
    if causes.found:
        raise errors.invalid(options_kind, "meta.k8s.io", "", causes.found)
