"""Template context that every page gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.ui.shell import Shell

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Hand the shell to templates; it costs nothing until a layout reads from it."""
    return {"shell": Shell(request)}
