"""What a pod's command, image and annotations say about how it will fare: pure."""

from __future__ import annotations

import re

from simulator.objects import Object, annotations_of

PREFIX = "testbed.berth.dev/"
ENDLESS = re.compile(r"while|infinity|tail -f")
SLEEP = re.compile(r"\bsleep +(\d+)")
EXIT = re.compile(r"\bexit +(\d+)")
PLAIN = re.compile(r"^(/bin/)?(true|false)$")
DEFAULT_JOB_SECONDS = 1


def words(pod: Object) -> str:
    """What the first container runs, as one line."""
    first = pod["spec"]["containers"][0]
    return " ".join([*(first.get("command") or ()), *(first.get("args") or ())])


def run_seconds(pod: Object) -> int | None:
    """After how many seconds the first container ends; None where it runs for ever."""
    said = annotations_of(pod).get(f"{PREFIX}run-seconds")
    if said:
        return int(said)
    text = words(pod)
    if ENDLESS.search(text):
        return None
    found = SLEEP.search(text)
    if found:
        return int(found[1])
    if EXIT.search(text) or PLAIN.search(text):
        return 0
    owners = pod["metadata"].get("ownerReferences") or ()
    return DEFAULT_JOB_SECONDS if any(o["kind"] == "Job" for o in owners) else None


def exit_code(pod: Object) -> int:
    """With which code it ends."""
    said = annotations_of(pod).get(f"{PREFIX}exit-code")
    if said:
        return int(said)
    text = words(pod)
    found = EXIT.search(text)
    if found:
        return int(found[1])
    return 1 if re.search(r"^(/bin/)?false$", text) else 0


def crashes(pod: Object) -> bool:
    """Whether its end makes it start again."""
    policy = pod["spec"].get("restartPolicy", "Always")
    return policy == "Always" or (policy == "OnFailure" and exit_code(pod) != 0)


def bad_image(pod: Object) -> bool:
    """Whether an image is marked as one that can't be pulled."""
    return any("does-not-exist" in c.get("image", "") for c in pod["spec"]["containers"])
