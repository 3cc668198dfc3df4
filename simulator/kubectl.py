"""The few commands of kubectl that tests give, for where no kubectl is built. Real kubectl works
against the simulator, too; this one exists so that tests need nothing but Python."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from deploy.testbed.client import ApiClient
from deploy.testbed.errors import ApiError
from simulator.jsonpath import jsonpath
from simulator.kinds.registry import Kind, kinds, kinds_by_name
from simulator.objects import Object
from simulator.schema.types import schema_file

Result = subprocess.CompletedProcess[str]
POLL_SECONDS = 0.05
VALUES = (
    "-f", "-l", "-n", "-o", "-p", "--field-manager", "--hard", "--replicas", "--timeout", "--type",
    "--wait",
)  # fmt: skip
SWITCHES = ("-A", "--ignore-not-found", "--now")
PATCHES = {"merge": "merge-patch", "json": "json-patch", "strategic": "strategic-merge-patch"}


class Kubectl:
    """kubectl get, create, delete, patch, scale, cordon and uncordon, as one user."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run one command; the caller looks at returncode, stdout, stderr."""
        options = _options_read(arguments)
        handlers = {
            "get": self._get, "create": self._create, "delete": self._delete, "patch": self._patch,
            "cordon": self._cordon, "uncordon": self._cordon, "scale": self._scale,
        }  # fmt: skip
        options.stdin = stdin
        try:
            out = handlers[options.verb](options)
        except ApiError as error:
            return subprocess.CompletedProcess(arguments, 1, "", _told(error))
        return subprocess.CompletedProcess(arguments, 0, out, "")

    def _get(self, options: Any) -> str:
        query = {"labelSelector": options.l} if options.l else {}
        wanted = [kind_of(word) for word in options.words[0].split(",")]
        names = options.words[1:]
        items: list[Object] = []
        for kind in wanted:
            space = "" if options.A else options.n or "default"
            if names:
                items += self._named(kind, space, names, options)
                continue
            found = self._client.get(_path(kind, space), **query)["items"]
            head = {"apiVersion": kind.api_version, "kind": kind.name}
            items += [head | item for item in found]
        if len(names) == 1 and not items:
            return ""
        shown = items[0] if len(names) == 1 and len(items) == 1 else _list_of(items)
        return _printed(shown, items, options.o or "json")

    def _named(self, kind: Kind, space: str, names: list[str], options: Any) -> list[Object]:
        found = []
        for name in names:
            try:
                found.append(self._client.get(_path(kind, space, name)))
            except ApiError as error:
                if error.status != 404 or not options.ignore_not_found:
                    raise
        return found

    def _create(self, options: Any) -> str:
        space = options.n or "default"
        if options.f:
            body = yaml.safe_load(
                options.stdin if options.f == "-" else Path(options.f).read_text()
            )
            kind = kinds_by_name()[body["kind"]]
            space = body["metadata"].get("namespace", space)
        else:
            kind, name = kind_of(options.words[0]), options.words[1]
            body = {
                "apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name},
            }  # fmt: skip
            if options.hard:
                hard = dict(part.split("=", 1) for part in options.hard.split(","))
                body["spec"] = {"hard": hard}
        manager = options.field_manager or "kubectl-create"
        query = {"fieldManager": manager, "fieldValidation": "Strict"}
        made = self._client.request("POST", _path(kind, space), body=body, query=query)
        return f"{kind.qualified_name}/{made['metadata']['name']} created\n"

    def _delete(self, options: Any) -> str:
        kind, out = kind_of(options.words[0]), ""
        wanted: Object = {"propagationPolicy": "Background"}
        if options.now:
            wanted["gracePeriodSeconds"] = 1
        for name in options.words[1:]:
            path = _path(kind, options.n or "default", name)
            try:
                self._client.delete(path, wanted)
            except ApiError as error:
                if error.status == 404 and options.ignore_not_found:
                    continue
                raise
            if options.wait != "false":
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
        media = f"application/{PATCHES[options.type or 'strategic']}+json"
        query = {"fieldManager": options.field_manager or "kubectl-patch"}
        path = _path(kind, options.n or "default", name)
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
        path = _path(kind, options.n or "default", name)
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


def _options_read(arguments: tuple[str, ...]) -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb")
    parser.add_argument("words", nargs="*")
    for flag in VALUES:
        parser.add_argument(flag)
    for flag in SWITCHES:
        parser.add_argument(flag, action="store_true")
    return parser.parse_intermixed_args(list(arguments))


def _path(kind: Kind, namespace: str, name: str = "") -> str:
    root = f"/apis/{kind.group}/v1" if kind.group else "/api/v1"
    inside = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
    return f"{root}{inside}/{kind.resource}" + (f"/{name}" if name else "")


def _list_of(items: list[Object]) -> Object:
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def _printed(shown: Object, items: list[Object], form: str) -> str:
    if form == "name":
        lines = [
            f"{kinds_by_name()[item['kind']].qualified_name}/{item['metadata']['name']}\n"
            for item in items
        ]
        return "".join(lines)
    if form.startswith("jsonpath="):
        return jsonpath(shown, form.removeprefix("jsonpath="))
    if form == "yaml":
        return str(yaml.safe_dump(shown, sort_keys=True))
    return json.dumps(shown, indent=4) + "\n"


def _told(error: ApiError) -> str:
    if not isinstance(error.body, dict):
        return f"Error from server: {error.body}\n"
    reason = error.body.get("reason")
    return f"Error from server{f' ({reason})' if reason else ''}: {error.body['message']}\n"
