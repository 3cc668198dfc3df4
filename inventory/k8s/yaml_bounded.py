"""YAML for input from people: no aliases, no tags, no duplicate keys, bounded depth and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_DEPTH = 12
MAX_NODES = 5000


class YamlRefused(ValueError):
    """The text is no YAML that Berth reads; `message` says why."""

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(message)
        self.message = message


def yaml_read(text: str) -> Any:
    """Read one document; raise YamlRefused for anything beyond plain data.

    The events are counted before anything is built, so that neither a chain of anchors nor a
    thousand nested lists costs more than reading the text.
    """
    try:
        _events_check(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader, made stricter)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        if isinstance(problem, YamlRefused):
            raise
        raise YamlRefused(_("The text is not valid YAML.")) from None


def _events_check(text: str) -> None:
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlRefused(_("Anchors and aliases are not accepted. Write the values out."))
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise YamlRefused(_("The text is nested too deeply or has too many values."))
        if documents > 1:
            raise YamlRefused(_("The text must hold exactly one document."))


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: two readers would see two different files."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [k.value for k, _value in node.value if isinstance(k, yaml.ScalarNode)]
        if len(keys) != len(node.value) or len(set(keys)) != len(keys):
            raise YamlRefused(_("Every key must be plain text and stand only once."))
        return super().construct_mapping(node, deep=deep)
