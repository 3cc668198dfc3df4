"""What a client accepts: JSON, tables, metadata alone."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.api.errors import StatusError, not_modelled

TAKEN = ("application/json", "*/*", "application/*")
UNMODELLED = ("application/yaml", "application/vnd.kubernetes.protobuf")
REPRESENTATIONS = (
    "application/json, application/yaml, application/vnd.kubernetes.protobuf,"
    " application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
)


@dataclass(frozen=True)
class Media:
    """The form of an answer: "" for the whole object, Table, or PartialObjectMetadata."""

    form: str = ""


def media_of(accept: str) -> Media:
    """The first of the accepted forms that is served; raises StatusError 406 or 501."""
    if not accept:
        return Media()
    foreign = ""
    for part in accept.split(","):
        name, *options = [item.strip() for item in part.split(";")]
        if name not in TAKEN:
            foreign = foreign or (name if name in UNMODELLED else "")
            continue
        settings = dict(option.partition("=")[::2] for option in options)
        form = settings.get("as", "")
        if form not in ("", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
            continue
        if form and settings.get("v") != "v1":
            continue
        return Media(form)
    if foreign:
        raise not_modelled(f"answers in {foreign}")
    text = f"406: Not Acceptable\n\nAvailable representations: {REPRESENTATIONS}"
    raise StatusError(406, "NotAcceptable", text, details={})
