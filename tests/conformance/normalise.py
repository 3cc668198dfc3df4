"""What differs from run to run is named the same in all of them: ids, versions, moments."""

from __future__ import annotations

import re
from typing import Any

UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
RANDOM = re.compile(
    r"\b(kube-api-access|gen|made|work|conf-[a-z]+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b"
)
HASH = re.compile(r"\b(web|work|ondelete)-[bcdfghjklmnpqrstvwxz0-9]{7,10}\b")
EVENT = re.compile(r"\.[0-9a-f]{16}\b")
VERSION_TEXT = re.compile(
    r"(current: |ResourceVersion in (?:the precondition|record) \(|too old resource version: )\d+"
    r"(?: \(\d+\))?"
)
MASKED = {
    "nodeName": "<node>", "currentRevision": "<revision>", "updateRevision": "<revision>",
    "pod-template-hash": "<hash>",
}  # fmt: skip
VERSIONS = ("resourceVersion", "remainingItemCount")


# Go prints the whole object here; which field is wrong is said beside it.
DUMP = re.compile(r"Invalid value: \{\"(labels|spec|metadata)\".*?\}: field is immutable", re.S)
DIFF = re.compile(r"\n@@ .*\Z", re.S)
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.S)
NAMES = re.compile(r"\b(run|bad|long|odd|j)-(\d+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
# Whose hands move pods and nodes differs by bed; what they write into the status is compared.
PLAYERS = ("kwok", "kubelet", "kube-scheduler")


class Normaliser:
    """Names each id by the order in which it came; one per conversation."""

    def __init__(self) -> None:
        self._uids: dict[str, str] = {}

    def clean(self, value: Any, key: str = "") -> Any:
        """A copy in which everything that differs by run is replaced."""
        if isinstance(value, dict):
            if {"name", "format", "priority"} <= value.keys():
                value = {k: v for k, v in value.items() if k != "description"}
            return {self._text(k): self.clean(v, k) for k, v in sorted(value.items())}
        if key == "managedFields" and isinstance(value, list):
            return self._managers(value)
        if isinstance(value, list):
            return [self.clean(item, key) for item in value]
        if isinstance(value, str):
            return self._scalar(key, value)
        return value

    def _managers(self, entries: list[Any]) -> list[Any]:
        """In an order that does not hang on the second in which each wrote."""
        kept = [self.clean(e) for e in entries if e.get("manager") not in PLAYERS]
        for entry in kept:
            entry.pop("time", None)
        return sorted(kept, key=lambda e: (e["operation"], e["manager"], e.get("subresource", "")))

    def _scalar(self, key: str, value: str) -> str:
        if key in VERSIONS and value:
            return "<version>"
        if key in MASKED and value:
            return MASKED[key]
        if key == "continue" and value:
            return "<token>"
        return self._text(value)

    def _text(self, text: str) -> str:
        text = DUMP.sub("Invalid value: <template>: field is immutable", text)
        text = PEM.sub("<certificate>", DIFF.sub("", text))
        text = NAMES.sub(r"\1-\2-<random>", text)
        text = VERSION_TEXT.sub(r"\1<version>", text)
        text = UID.sub(self._uid, text)
        text = TOKEN.sub("<token>", text)
        text = TIME.sub("<time>", text)
        text = ADDRESS.sub("<address>", text)
        text = RANDOM.sub(r"\1-<random>", text)
        text = HASH.sub(r"\1-<hash>", text)
        return EVENT.sub(".<event>", text)

    def _uid(self, found: re.Match[str]) -> str:
        return self._uids.setdefault(found[0], f"<uid {len(self._uids) + 1}>")
