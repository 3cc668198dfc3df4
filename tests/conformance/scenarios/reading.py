"""Lists in pages, watches, and versions that are too old or too new."""

from __future__ import annotations

import time
from typing import Any

from tests.conformance.scenarios.objects import config
from tests.conformance.talk import TABLE, Talk

MAPS = "/api/v1/namespaces/{ns}/configmaps"


def _names(events: list[dict[str, Any]]) -> list[list[str]]:
    return [[e["type"], e["object"].get("metadata", {}).get("name", "")] for e in events]


def pages(t: Talk) -> None:
    """Pages, their tokens, and tokens that are none."""
    for name in "abcd":
        t.post(MAPS, config(name), quiet=True)
    first = t.get(MAPS, query={"limit": "2"})
    token = first["metadata"]["continue"]
    t.post(MAPS, config("aa"), quiet=True)
    t.delete(f"{MAPS}/d", quiet=True)
    second = t.get(MAPS, query={"limit": "2", "continue": token})
    third = t.get(MAPS, query={"limit": "2", "continue": second["metadata"]["continue"]})
    same = {page["metadata"]["resourceVersion"] for page in (first, second, third)}
    t.say("pages of one version", len(same))
    t.get(MAPS, query={"limit": "2", "continue": "nonsense"})
    t.get(MAPS, query={"limit": "2", "continue": token, "resourceVersion": "5"})
    t.get(MAPS, query={"limit": "1", "labelSelector": "x=1"})


def versions(t: Talk) -> None:
    """What a list may ask of versions."""
    made = t.post(MAPS, config("a"))
    version = made["metadata"]["resourceVersion"]
    t.patch(f"{MAPS}/a", {"data": {"a": "1"}}, quiet=True)
    t.get(MAPS, query={"resourceVersion": "0"})
    t.get(MAPS, query={"resourceVersion": version, "resourceVersionMatch": "NotOlderThan"})
    exact = {"resourceVersion": version, "resourceVersionMatch": "Exact", "limit": "100"}
    t.get(MAPS, query=exact)
    t.get(MAPS, query={"resourceVersionMatch": "Exact"})
    t.get(MAPS, query={"resourceVersion": "0", "resourceVersionMatch": "Exact"})
    t.get(MAPS, query={"resourceVersion": version, "resourceVersionMatch": "Nonsense"})
    t.get(MAPS, query={"resourceVersion": "nonsense"})
    t.get(f"{MAPS}/a", query={"resourceVersion": "0"})
    t.get(MAPS, query={"resourceVersion": "99999999"})


def watches(t: Talk) -> None:
    """From a list's version onwards; with selectors; from nowhere."""
    start = t.get(MAPS, quiet=True)["metadata"]["resourceVersion"]
    t.post(MAPS, config("w", labels={"k": "1"}), quiet=True)
    t.patch(f"{MAPS}/w", {"data": {"a": "1"}}, quiet=True)
    t.patch(f"{MAPS}/w", {"metadata": {"labels": {"k": "2"}}}, quiet=True)
    t.delete(f"{MAPS}/w", quiet=True)
    t.post(MAPS, config("stays"), quiet=True)
    events = t.watch(MAPS, query={"resourceVersion": start})
    t.say("all", _names(events))
    t.say("an event", events[0])
    t.say("k=1", _names(t.watch(MAPS, query={"resourceVersion": start, "labelSelector": "k=1"})))
    chosen = {"resourceVersion": start, "fieldSelector": "metadata.name=stays"}
    t.say("by name", _names(t.watch(MAPS, query=chosen)))
    t.say("from nowhere", _names(t.watch(f"{MAPS}?fieldSelector=metadata.name=stays")))
    zero = {"resourceVersion": "0", "fieldSelector": "metadata.name=stays"}
    t.say("from zero", _names(t.watch(MAPS, query=zero)))
    bookmarks = {"resourceVersion": start, "allowWatchBookmarks": "true"}
    marks: list[dict[str, Any]] = []
    while not marks:  # a real server promises none; one comes shortly before most ends
        seen = t.watch(MAPS, seconds=3, query=bookmarks)
        marks = [e for e in seen if e["type"] == "BOOKMARK"]
    t.say("with bookmarks", marks[0])
    tabled = t.watch(MAPS, query={"resourceVersion": start}, accept=TABLE)[0]
    tabled["object"]["rows"][0]["cells"][2] = "<age>"
    t.say("table", tabled)
    initial = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "fieldSelector": "metadata.name=stays",
    }
    t.say("initial events", t.watch(MAPS, query=initial)[:2])
    t.get(MAPS, query={"watch": "true", "sendInitialEvents": "true", "timeoutSeconds": "1"})
    t.get(MAPS, query={"watch": "true", "resourceVersion": "nonsense"})


def expired(t: Talk) -> None:
    """Versions, and tokens of pages, from before a compaction."""
    for name in "abc":
        t.post(MAPS, config(name), quiet=True)
    chosen = {"limit": "1", "fieldSelector": "metadata.name!=kube-root-ca.crt"}
    page = t.get(MAPS, query=chosen, quiet=True)["metadata"]
    t.post(MAPS, config("d"), quiet=True)
    t.place.forget()
    t.get(MAPS, query=chosen | {"continue": page["continue"]})
    refused = t.exchange("GET", MAPS, query=chosen | {"continue": page["continue"]})
    fresh = {"continue": refused.body["metadata"]["continue"], "limit": "9"}
    t.get(MAPS, query=fresh)
    old = page["resourceVersion"]
    t.get(MAPS, query={"resourceVersion": old, "resourceVersionMatch": "Exact", "limit": "5"})
    t.say("a watch", t.watch(MAPS, query={"resourceVersion": old}))
    t.get(MAPS, query={"resourceVersion": old, "resourceVersionMatch": "NotOlderThan"})


def busy(t: Talk) -> None:
    """A server that can take no more says so, and when to come again."""
    with t.place.busy():
        answer = t.exchange("POST", MAPS, body=config("a"))
        for _attempt in range(100):  # until the write that holds the place has arrived
            if answer.status == 429:
                break
            time.sleep(0.1)
            answer = t.exchange("POST", MAPS, body=config("a"))
        t.say("refused", [answer.status, answer.headers, answer.body])
        t.post(MAPS, config("b"), user="admin")


SCENARIOS = (pages, versions, watches, expired, busy)
