"""Run other programs: into a log, with a sign of life, and with words when they fail."""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from deploy.setup.console import Ticker
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOT

HINTS = (
    (("no space left on device",), "The disk is full: free some space and run this again."),
    (
        ("hashes are required", "do not match the hashes"),
        "A downloaded package isn't the one that was locked. If a proxy or mirror is in between,"
        " look at it; Berth installs nothing with another hash.",
    ),
    (
        (
            "temporary failure in name resolution",
            "name or service not known",
            "failed to establish a new connection",
            "network is unreachable",
            "connection refused",
            "connection timed out",
            "read timed out",
            "enotfound",
            "eai_again",
            "etimedout",
            "econnrefused",
        ),
        "The package registry can't be reached. Check the network (and HTTPS_PROXY, PIP_INDEX_URL"
        " or npm's registry setting if you need them), then run this again.",
    ),
    (
        ("no matching distribution found",),
        "A package can't be had. Either the registry can't be reached (check the network, and"
        " HTTPS_PROXY or PIP_INDEX_URL if you need them), or it has no build for this Python and"
        " machine: Berth runs on Linux with Python 3.11 to 3.14 on x86-64 or ARM.",
    ),
    (("permission denied", "eacces"), "A file may not be written: is the folder yours?"),
)


class CommandFailed(SetupError):
    """A program ended with an error; the message has a hint, the log and its last lines."""


def hint_find(output: str) -> str:
    """Return a sentence that helps with the best known cause in a program's output, or ''."""
    lowered = output.lower()
    for signs, sentence in HINTS:
        if any(re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", lowered) for sign in signs):
            return sentence
    return ""


def run_logged(
    command: Sequence[str | Path],
    *,
    log: Path,
    ticker: Ticker | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a program with its output in a log; raise CommandFailed with its last lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    last: deque[str] = deque(maxlen=200)
    with (
        log.open("w", encoding="utf-8") as sink,
        subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            sink.write(line)
            last.append(line.rstrip())
            if ticker and line.strip():
                ticker.detail = line.strip()[:100]
    if process.returncode:
        raise CommandFailed(_failure_text(command, process.returncode, log, list(last)))


def _failure_text(command: Sequence[str | Path], code: int, log: Path, lines: list[str]) -> str:
    name = Path(command[0]).name
    hint = hint_find("\n".join(lines))
    # Some programs say what is wrong first and then explain themselves at length.
    telling = [line for line in lines[:-6] if re.search(r"error|invalid|fail", line, re.I)][:6]
    shown = "\n".join(f"      {line}" for line in [*telling, *lines[-6:]] if line.strip())
    return f"{hint or f'{name} failed.'}\n   {name} ended with {code}; all of it: {log}\n{shown}"


def become(command: Sequence[str | Path], env: Mapping[str, str]) -> NoReturn:
    """Turn this process into another program."""
    words = [str(word) for word in command]
    os.execve(words[0], words, dict(env))  # noqa: S606 (no shell wanted)


def output_of(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> str:
    """Return what a short program prints, or '' if it fails or isn't there."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
