"""Nothing that a real server serves is unknown to the simulator: it answers, or refuses by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.testbed import DEFAULT_VERSION
from tests.conformance.converse import SIMULATED
from tests.conformance.served import FOLDER, served_by, served_read
from tests.conformance.talk import Answer, Place, Talk


def asked(version: str, resource: str, item: dict[str, Any]) -> tuple[str, str]:
    """A method and a path that a real server knows for a resource; its objects are not there."""
    base = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    kind, _slash, part = resource.partition("/")
    inside = "/namespaces/default" if item["namespaced"] else ""
    path = f"{base}{inside}/{kind}/no-one/{part}" if part else f"{base}{inside}/{kind}"
    methods = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT"}
    return next(methods[verb] for verb in methods if verb in item["verbs"]), path


def is_named(answer: Answer, name: str) -> bool:
    """Whether an answer refuses a thing as one that is not modelled, by its name."""
    body = answer.body
    return answer.status == 501 and body["reason"] == "NotImplemented" and name in body["message"]


def is_known(answer: Answer) -> bool:
    """Whether an answer is that of somebody who knows what was asked for: no "no such thing"."""
    if answer.status != 404:
        return answer.status not in (405, 501)
    return isinstance(answer.body, dict) and bool(answer.body.get("details", {}).get("name"))


def unknown_resources(place: Place, version: str = SIMULATED) -> Iterator[str]:
    """Every resource that is neither answered nor refused by name."""
    talk = Talk(place, "default")
    for api_version, resources in served_read(version)["resources"].items():
        for resource, item in resources.items():
            method, path = asked(api_version, resource, item)
            answer = talk.exchange(method, path, body=None if method == "GET" else {})
            if not is_known(answer) and not is_named(answer, resource.partition("/")[0]):
                yield f"{method} {path}: {answer.status} {answer.body}"


def unknown_paths(place: Place) -> Iterator[str]:
    """Every other path that is neither answered nor refused by name."""
    talk = Talk(place, "default")
    for path in served_read(SIMULATED)["paths"]:
        answer = talk.exchange("GET", path)
        named = path.removeprefix("/apis/").rstrip("/")
        if answer.status != 200 and not is_named(answer, named):
            yield f"GET {path}: {answer.status} {answer.body}"


def test_the_simulator_answers_or_refuses_by_name_whatever_a_real_server_serves(
    simulator: Place,
) -> None:
    assert [*unknown_resources(simulator)] == []
    assert [*unknown_paths(simulator)] == []


@pytest.mark.bed
@pytest.mark.timeout(600)
def test_the_control_plane_serves_what_is_written_down(control_plane: Place) -> None:
    version = os.environ.get("BED_VERSION", DEFAULT_VERSION)
    if not (FOLDER / f"{version}.json").exists():
        pytest.skip(f"Nothing is recorded of {version}: see docs/simulator.md.")
    assert served_by(control_plane) == served_read(version)
    assert [*unknown_resources(control_plane, version)] == []
