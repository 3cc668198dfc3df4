"""One write on its way through admission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simulator.auth.identity import User
from simulator.kinds.registry import Kind
from simulator.objects import Object

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass
class Attempt:
    """Who wants to do what. `obj` is what would be, `old` what is.

    `object_kind` is the kind of `obj` where a subresource has another one (Scale, Binding).
    """

    operation: Operation
    kind: Kind
    namespace: str
    name: str
    user: User
    obj: Object | None
    old: Object | None = None
    part: str = ""
    object_kind: str = ""
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)
