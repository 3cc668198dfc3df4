"""Runs a scenario against a server, and compares what was said with what is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conformance.scenarios_all import SCENARIOS
from tests.conformance.talk import Place, Talk

RECORDED = Path(__file__).parent / "recorded"
SIMULATED = "1.37"  # the version whose answers the simulator gives
Line = dict[str, Any]


def converse(place: Place, name: str) -> list[Line]:
    """Run a scenario in a namespace of its own and return what was said."""
    space = "conf-" + name.replace(".", "-")
    talk = Talk(place, space)
    path = f"/api/v1/namespaces/{space}"
    talk.until(path, lambda body: body["kind"] == "Status", quiet=True)
    body = {"metadata": {"name": space}}
    made = talk.send("POST", "/api/v1/namespaces", body=body, quiet=True)
    assert made["kind"] == "Namespace", made
    for furniture in ("configmaps/kube-root-ca.crt", "serviceaccounts/default"):
        talk.until(f"{path}/{furniture}", lambda body: body["kind"] != "Status", quiet=True)
    try:
        SCENARIOS[name](talk)
    finally:
        talk.send("DELETE", path, user="admin", quiet=True)
    lines: list[Line] = json.loads(json.dumps(talk.lines))
    return lines


def recorded(name: str, version: str = SIMULATED) -> list[Line]:
    """What a real control plane of a version said in a scenario."""
    text = (RECORDED / version / f"{name}.json").read_text(encoding="utf-8")
    lines: list[Line] = json.loads(text)
    return lines


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Every place where two values differ, in words."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        out = []
        for key in sorted({*wanted, *found}):
            if key not in found:
                out.append(f"{path}.{key}: missing, should be {_short(wanted[key])}")
            elif key not in wanted:
                out.append(f"{path}.{key}: too much, is {_short(found[key])}")
            else:
                out += differences(wanted[key], found[key], f"{path}.{key}")
        return out
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{path}[{i}]")]
    return [] if wanted == found else [f"{path}: is {_short(found)}, should be {_short(wanted)}"]


def compare(wanted: list[Line], found: list[Line]) -> list[str]:
    """The differences of two conversations, each with the call it belongs to."""
    out = []
    for index, (a, b) in enumerate(zip(wanted, found, strict=False)):
        head = f"{index} {a.get('call') or a.get('seen')}"
        out += [f"{head}: {text}" for text in differences(a, b)]
    if len(wanted) != len(found):
        out.append(f"{len(found)} answers, should be {len(wanted)}")
    return out


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < 400 else f"{text[:400]}…"
