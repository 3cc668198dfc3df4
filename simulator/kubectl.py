"""The few commands of kubectl that tests give, for where no kubectl is built. Real kubectl works
against the simulator, too; this one exists so that tests need nothing but Python."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from deploy.testbed.client import ApiClient
from deploy.testbed.errors import ApiError
from simulator.kinds.registry import Kind, kinds
from simulator.schema.types import schema_file

Result = subprocess.CompletedProcess[str]
POLL_SECONDS = 0.05


class Kubectl:
    """kubectl get, create, delete and patch, as one user."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run one command; the caller looks at returncode, stdout, stderr."""
        parser = argparse.ArgumentParser()
        parser.add_argument("verb")
        parser.add_argument("words", nargs="*")
        for flag in (
            "-n",
            "-o",
            "-p",
            "--type",
            "--field-manager",
            "--hard",
            "--timeout",
            "--wait",
        ):
            parser.add_argument(flag)
        parser.add_argument("--replicas")
        parser.add_argument("-A", action="store_true")
        parser.add_argument("--ignore-not-found", action="store_true")
        options = parser.parse_args(list(arguments))
        handlers = {
            "get": self._get, "create": self._create, "delete": self._delete, "patch": self._patch,
            "cordon": self._cordon, "uncordon": self._cordon, "scale": self._scale,
        }  # fmt: skip
        try:
            out, code = handlers[options.verb](options), 0
        except ApiError as error:
            told = error.body["message"] if isinstance(error.body, dict) else error.body
            return subprocess.CompletedProcess(arguments, 1, "", f"Error from server: {told}\n")
        return subprocess.CompletedProcess(arguments, code, out, "")

    def _path(self, kind: Kind, namespace: str, name: str = "") -> str:
        root = f"/apis/{kind.group}/v1" if kind.group else "/api/v1"
        inside = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
        return f"{root}{inside}/{kind.resource}" + (f"/{name}" if name else "")

    def _get(self, options: Any) -> str:
        kind = kind_of(options.words[0])
        space = "" if options.A else options.n or "default"
        name = options.words[1] if len(options.words) > 1 else ""
        found = self._client.get(self._path(kind, space, name))
        if options.o == "name":
            items = [found] if name else found["items"]
            prefix = kind.qualified_name
            return "".join(f"{prefix}/{item['metadata']['name']}\n" for item in items)
        if options.o and options.o.startswith("jsonpath="):
            return jsonpath(found, options.o.removeprefix("jsonpath="))
        return json.dumps(found, indent=4) + "\n"

    def _create(self, options: Any) -> str:
        what, name = options.words[:2]
        kind = kind_of(what)
        body: dict[str, Any] = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": name},
        }
        if options.hard:
            body["spec"] = {"hard": dict(part.split("=", 1) for part in options.hard.split(","))}
        space = options.n or "default"
        self._client.create(self._path(kind, space) + "?fieldManager=kubectl-create", body)
        return f"{what}/{name} created\n"

    def _delete(self, options: Any) -> str:
        kind, out = kind_of(options.words[0]), ""
        for name in options.words[1:]:
            path = self._path(kind, options.n or "default", name)
            try:
                self._client.delete(path, {"propagationPolicy": "Background"})
            except ApiError as error:
                if error.status == 404 and options.ignore_not_found:
                    continue
                raise
            self._wait_gone(path, seconds=float((options.timeout or "60s").rstrip("s")))
            out += f'{kind.qualified_name} "{name}" deleted\n'
        return out

    def _wait_gone(self, path: str, *, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._client.get(path)
            except ApiError as error:
                if error.status == 404:
                    return
                raise
            time.sleep(POLL_SECONDS)

    def _patch(self, options: Any) -> str:
        kind, name = kind_of(options.words[0]), options.words[1]
        types = {"merge": "merge-patch", "json": "json-patch"}
        media = f"application/{types.get(options.type, 'strategic-merge-patch')}+json"
        path = self._path(kind, options.n or "default", name)
        query = {"fieldManager": options.field_manager or "kubectl-patch"}
        body = json.loads(options.p)
        self._client.request("PATCH", path, body=body, query=query, content_type=media)
        return f"{kind.qualified_name}/{name} patched\n"

    def _cordon(self, options: Any) -> str:
        cordon, name = options.verb == "cordon", options.words[0]
        patch = {"spec": {"unschedulable": True if cordon else None}}
        self._client.merge(f"/api/v1/nodes/{name}", patch)
        return f"node/{name} {options.verb}ed\n"

    def _scale(self, options: Any) -> str:
        kind, name = kind_of(options.words[0]), options.words[1]
        path = self._path(kind, options.n or "default", name)
        self._client.merge(f"{path}/scale", {"spec": {"replicas": int(options.replicas)}})
        return f"{kind.qualified_name}/{name} scaled\n"


def kind_of(word: str) -> Kind:
    """A kind by any of the names that kubectl takes; raises KeyError."""
    for group, items in schema_file()["resources"].items():
        for item in items:
            names = {item["name"], item["singularName"], *item.get("shortNames", ())}
            if word.partition(".")[0] in names - {""} and "/" not in item["name"]:
                return kinds()[group, item["name"]]
    raise KeyError(word)


def jsonpath(value: Any, text: str) -> str:
    """A template of plain paths, such as {.status.hard} or {.items[0].metadata.name}."""
    return re.sub(r"\{([^}]*)\}", lambda found: _shown(_walk(value, found[1])), text)


def _walk(value: Any, path: str) -> Any:
    for part in _parts(path):
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and len(value) > part else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _parts(path: str) -> Iterator[str | int]:
    for name, index in re.findall(r"\.((?:[^.\[\\]|\\.)+)|\[(\d+)\]", path):
        yield int(index) if index else name.replace("\\.", ".")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
