"""Names, labels and keys, and what is said of wrong ones (k8s.io/apimachinery validation)."""

from __future__ import annotations

import re

from simulator.api.errors import Cause, Causes
from simulator.objects import Object

LABEL_FORM = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN_FORM = LABEL_FORM + r"(\." + LABEL_FORM + ")*"
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    f" validation is '{LABEL_FORM}')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
    rf" validation is '{SUBDOMAIN_FORM}')"
)
KEY_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end"
    " with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
    f" validation is '{KEY_FORM}')"
)
VALUE_FORM = f"({KEY_FORM})?"
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or"
    f" '12345', regex used for validation is '{VALUE_FORM}')"
)
# Kinds whose names follow the looser rule of path segments.
PATH_SEGMENT_KINDS = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
LABEL_KINDS = {"Namespace"}
MAX_ANNOTATION_BYTES = 256 * 1024


def label_problems(value: str) -> list[str]:
    """What is wrong with a DNS label."""
    found = [] if re.fullmatch(LABEL_FORM, value) else [LABEL]
    return found + (["must be no more than 63 bytes"] if len(value) > 63 else [])


def subdomain_problems(value: str) -> list[str]:
    """What is wrong with a DNS subdomain."""
    found = [] if re.fullmatch(SUBDOMAIN_FORM, value) else [SUBDOMAIN]
    return found + (["must be no more than 253 bytes"] if len(value) > 253 else [])


def key_problems(key: str) -> list[str]:
    """What is wrong with a qualified name."""
    prefix, slash, name = key.rpartition("/")
    found = []
    if slash:
        if not prefix:
            found.append("prefix part must be non-empty")
        elif not re.fullmatch(SUBDOMAIN_FORM, prefix):
            found.append(f"prefix part {SUBDOMAIN}")
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    if name and not re.fullmatch(KEY_FORM, name):
        found.append(KEY)
    return found


def name_problems(kind: str, name: str) -> list[str]:
    """What is wrong with an object's name."""
    if kind in LABEL_KINDS:
        return label_problems(name)
    if kind in PATH_SEGMENT_KINDS:
        bad = name in (".", "..") or "/" in name or "%" in name
        return ["may not contain '/'"] if bad else []
    return subdomain_problems(name)


def labels_validate(labels: dict[str, str], path: str, causes: Causes) -> None:
    """Check keys and values of labels."""
    for key, value in sorted(labels.items()):
        for why in key_problems(key):
            causes.invalid(path, key, why)
        if not re.fullmatch(VALUE_FORM, value):
            causes.invalid(path, value, VALUE)
        if len(value) > 63:
            causes.invalid(path, value, "must be no more than 63 bytes")


def metadata_validate(kind: str, obj: Object, causes: Causes) -> None:
    """Check the metadata of a new object."""
    meta = obj["metadata"]
    name = meta.get("name", "")
    if not name:
        causes.required("metadata.name", "name or generateName is required")
    for why in name_problems(kind, name) if name else ():
        causes.invalid("metadata.name", name, why)
    metadata_texts_validate(meta, causes)


def metadata_texts_validate(meta: Object, causes: Causes) -> None:
    """Check labels, annotations and finalizers."""
    labels_validate(meta.get("labels") or {}, "metadata.labels", causes)
    annotations = meta.get("annotations") or {}
    for key in sorted(annotations):
        for why in key_problems(key.lower()):
            causes.invalid("metadata.annotations", key, why)
    size = sum(len(k) + len(v.encode()) for k, v in annotations.items())
    if size > MAX_ANNOTATION_BYTES:
        why = f"Too long: may not be more than {MAX_ANNOTATION_BYTES} bytes"
        causes.found.append(Cause("metadata.annotations", why, "FieldValueTooLong"))
    for finalizer in meta.get("finalizers") or ():
        for why in key_problems(finalizer):
            causes.invalid("metadata.finalizers", finalizer, why)
