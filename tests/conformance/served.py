"""What a real server serves: every resource with its verbs, and every path that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conformance.talk import Place, Talk

FOLDER = Path(__file__).parent / "served"
Served = dict[str, Any]


def served_read(version: str) -> Served:
    """As it was written down of a version: {"paths": […], "resources": {"apps/v1": {…}}}."""
    content: Served = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return content


def served_write(version: str, served: Served) -> None:
    """Write it down."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(served, indent=1, sort_keys=True)
    (FOLDER / f"{version}.json").write_text(text + "\n", encoding="utf-8")


def served_by(place: Place) -> Served:
    """Ask a server for it."""
    talk = Talk(place, "default")
    versions = {"v1": "/api/v1"}
    for group in talk.get("/apis")["groups"]:
        for version in group["versions"]:
            versions[version["groupVersion"]] = f"/apis/{version['groupVersion']}"
    resources = {}
    for version, path in versions.items():
        items = talk.get(path)["resources"]
        resources[version] = {
            item["name"]: {"namespaced": item["namespaced"], "verbs": sorted(item["verbs"])}
            for item in items
        }
    paths = [path for path in talk.get("/")["paths"] if "/poststarthook/" not in path]
    return {"paths": paths, "resources": resources}
