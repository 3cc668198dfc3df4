"""Replacing file names in a kubeconfig by the files' content, for the command line alone."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.errors import Invalid

ENCODED = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}


def files_inline(entry: dict[str, Any], *, folder: Path, max_bytes: int) -> dict[str, Any]:
    """Give the entry with inline content; raise Invalid where a file can't be read.

    Relative names start at `folder`, the place of the kubeconfig, as kubectl reads them.
    """
    result = dict(entry)
    for name, inline in ENCODED.items():
        path = result.pop(name, None)
        if path and inline not in result:
            result[inline] = base64.b64encode(_content(folder, path, max_bytes)).decode("ascii")
    path = result.pop("tokenFile", None)
    if path:
        result["token"] = _content(folder, path, max_bytes).decode("ascii", "replace").strip()
    return result


def _content(folder: Path, path: object, max_bytes: int) -> bytes:
    try:
        with (folder / Path(str(path)).expanduser()).open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as problem:
        message = _("The file %(path)s can't be read: %(why)s.") % {
            "path": path,
            "why": problem.strerror or "",
        }
        raise Invalid(message, fields={"kubeconfig": [message]}) from None
    if len(content) > max_bytes:
        message = _("The file %(path)s is too large for a kubeconfig.") % {"path": path}
        raise Invalid(message, fields={"kubeconfig": [message]})
    return content
