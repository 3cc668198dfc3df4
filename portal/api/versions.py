"""Versions of objects: ETag out, If-Match in, so that nobody overwrites what they haven't read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.request import Request

from portal.errors import BerthError, Invalid, PreconditionFailed


class PreconditionRequired(BerthError):
    """The request must say which version of the object it means."""

    status = 428
    code = "version-required"


def etag_of(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def version_check(request: Request, version: int, *, required: bool) -> None:
    """Compare If-Match with the object's version.

    Raises PreconditionRequired where it is missing though required, Invalid where it is no entity
    tag, PreconditionFailed where somebody was faster. "*" means whatever is there.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        if required:
            raise PreconditionRequired(
                _("Send If-Match with the ETag you read, so that nobody's change is overwritten.")
            )
        return
    tags = [tag.strip() for tag in sent.split(",")]
    if tags == ["*"]:
        return
    if not all(len(tag) > 2 and tag.startswith('"') and tag.endswith('"') for tag in tags):
        text = _("Send the ETag as it was given, in double quotes.")
        raise Invalid(fields={"If-Match": [text]})
    if etag_of(version) not in tags:
        raise PreconditionFailed
