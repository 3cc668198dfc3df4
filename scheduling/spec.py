"""What a tenant may ask a workload to be: checked here once, for page, REST and job alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.amounts import MAX_AMOUNT
from portal.errors import Invalid
from scheduling.manifests.namespace import LEAST_CPU_MILLI, LEAST_MEMORY_BYTES

NAME = re.compile(r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")
IMAGE = re.compile(
    r"^(?:[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$"
)
ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")
MAX_REPLICAS = 1000
MAX_TEXT = 4096
MAX_ITEMS = 64
MAX_PORT = 65535
Problems = dict[str, list[str]]


def name_check(name: str, problems: Problems) -> None:
    """A name that Kubernetes takes as an object's and as a label's."""
    if not NAME.match(name):
        problems["name"] = [
            _("Use 1 to 40 lower-case letters, digits and hyphens, beginning with a letter.")
        ]


def shape_check(shape: Mapping[str, Any], allowed: set[str], problems: Problems) -> None:
    """Per replica: whole numbers of known resources, processor and memory above zero."""
    for resource, amount in shape.items():
        if resource not in allowed:
            problems[f"shape.{resource}"] = [_("This pool has no such resource.")]
        elif isinstance(amount, bool) or not isinstance(amount, int):
            problems[f"shape.{resource}"] = [_("Give a whole number.")]
        elif not 0 <= amount <= MAX_AMOUNT:
            problems[f"shape.{resource}"] = [_("Give a whole number from 0 to 2^53 - 1.")]
    for resource, least in (("cpu", LEAST_CPU_MILLI), ("memory", LEAST_MEMORY_BYTES)):
        amount = shape.get(resource, 0)
        if f"shape.{resource}" not in problems and amount < least:
            problems[f"shape.{resource}"] = [
                _("Every replica needs at least 1 milli-core and 4 MiB.")
            ]


def replicas_check(replicas: Any, problems: Problems) -> None:
    """How many pieces."""
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        problems["replicas"] = [_("Give a whole number.")]
    elif not 1 <= replicas <= MAX_REPLICAS:
        problems["replicas"] = [_("Ask for 1 to 1,000 replicas.")]


def workload_check(spec: Mapping[str, Any], problems: Problems) -> None:
    """Image, command, arguments, environment and ports."""
    image = spec.get("image")
    if not isinstance(image, str) or len(image) > MAX_TEXT or not IMAGE.match(image):
        problems["spec.image"] = [_("Give an image such as registry.example/team/name:tag.")]
    for field in ("command", "args"):
        _texts_check(field, spec.get(field, []), problems)
    _env_check(spec.get("env", {}), problems)
    _ports_check(spec.get("ports", []), problems)
    for field in set(spec) - {"image", "command", "args", "env", "ports"}:
        problems[f"spec.{field}"] = [_("There is no such field.")]


def problems_raise(problems: Problems) -> None:
    """Raise Invalid where there are any."""
    if problems:
        raise Invalid(fields={field: list(sentences) for field, sentences in problems.items()})


def _texts_check(field: str, values: Any, problems: Problems) -> None:
    if (
        not isinstance(values, list)
        or len(values) > MAX_ITEMS
        or not all(isinstance(v, str) and len(v) <= MAX_TEXT and "\0" not in v for v in values)
    ):
        problems[f"spec.{field}"] = [_("Give a list of at most 64 texts.")]


def _env_check(env: Any, problems: Problems) -> None:
    if not isinstance(env, dict) or len(env) > MAX_ITEMS:
        problems["spec.env"] = [_("Give at most 64 names with their values.")]
        return
    for name, value in env.items():
        if not isinstance(name, str) or not ENV_NAME.match(name):
            problems["spec.env"] = [_("A name has letters, digits and underscores only.")]
        elif not isinstance(value, str) or len(value) > MAX_TEXT or "\0" in value:
            problems["spec.env"] = [_("A value is a text of at most 4,096 characters.")]


def _ports_check(ports: Any, problems: Problems) -> None:
    if (
        not isinstance(ports, list)
        or len(ports) > MAX_ITEMS
        or len(set(map(str, ports))) != len(ports)
        or not all(
            isinstance(p, int) and not isinstance(p, bool) and 1 <= p <= MAX_PORT for p in ports
        )
    ):
        problems["spec.ports"] = [_("Give different port numbers from 1 to 65535.")]
