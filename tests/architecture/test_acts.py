"""Every verb of the audit log has words, and no words stand there for an act that nobody records.

Verbs are read from the code: what is handed to a function whose name ends in "record".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.acts import ACTS, OBJECTS
from scheduling.choices import DriftKind

ROOT = Path(__file__).resolve().parents[2]
# What inventory.services.writes records: it takes the kind of object from the verb.
PLATFORM = ("cluster.", "pool.", "device_type.", "device_mapping.")
ROOMS = ("portal", "inventory", "scheduling", "tenants")


def calls() -> Iterator[tuple[ast.Call, str]]:
    """Every call of a recording function in the rooms, with the function it stands in."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for function in ast.walk(tree):
                if not isinstance(function, ast.FunctionDef):
                    continue
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and is_record(node):
                        yield node, function.name


def is_record(call: ast.Call) -> bool:
    """Tell whether a call records an act; a difference is recorded by what was found."""
    return name_of(call).endswith("record") and name_of(call) != "drift_record"


def name_of(call: ast.Call) -> str:
    """The last part of what is called."""
    named = call.func
    if isinstance(named, ast.Attribute):
        return named.attr
    return named.id if isinstance(named, ast.Name) else ""


def verb_of(call: ast.Call) -> ast.expr | None:
    """The verb: by keyword, else the second argument, as the rooms' own functions take it."""
    by_name = next((word.value for word in call.keywords if word.arg == "verb"), None)
    return by_name or (call.args[1] if len(call.args) > 1 else None)


def verbs_recorded() -> set[str]:
    """Every verb that some code can record."""
    found: set[str] = set()
    for call, _function in calls():
        verb = verb_of(call)
        if isinstance(verb, ast.Constant) and isinstance(verb.value, str):
            prefix = "request." if name_of(call) == "request_record" else ""
            found.add(prefix + verb.value)
    return found | {f"drift.{kind}" for kind in DriftKind.values}


def test_every_recorded_act_has_a_title_and_every_title_an_act() -> None:
    assert verbs_recorded() == set(ACTS)


def test_titles_are_read_in_the_language_of_the_reader() -> None:
    titles = ACTS | OBJECTS
    assert [name for name, title in titles.items() if isinstance(title, str)] == []


def test_every_kind_of_object_has_a_title() -> None:
    """Those of the inventory are named by their verbs; a difference names Kubernetes' own kind."""
    named = {
        str(word.value.value)
        for call, _function in calls()
        for word in call.keywords
        if word.arg == "target_type" and isinstance(word.value, ast.Constant)
    }
    platform = {verb.partition(".")[0] for verb in ACTS if verb.startswith(PLATFORM)}
    assert named | platform == set(OBJECTS)


def test_verbs_that_are_put_together_are_known_ones() -> None:
    begun = {
        str(verb.values[0].value)
        for call, _function in calls()
        if isinstance(verb := verb_of(call), ast.JoinedStr)
        and isinstance(verb.values[0], ast.Constant)
    }
    assert begun == {"drift.", "request."}


def test_verbs_are_handed_on_by_recording_functions_alone() -> None:
    """Else a verb could come from where the first test does not look."""
    elsewhere = {
        function
        for call, function in calls()
        if isinstance(verb_of(call), ast.Name) and not function.endswith("record")
    }
    assert elsewhere == set()
