"""pip for a Python that comes without it (Debian's python3 without python3-venv)."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from deploy.setup.commands import run_logged
from deploy.setup.errors import SetupError
from deploy.setup.paths import LOGS, ROOT, STATE, VENV_PYTHON

LOCK = ROOT / "deploy" / "setup" / "pip.txt"
TIMEOUT_SECONDS = 60
MANUAL = "Or install the package python3-venv (Debian, Ubuntu) and remove .venv."


def pip_install() -> None:
    """Fetch the locked pip from the package index, check its hash, install it into .venv."""
    lock = LOCK.read_text(encoding="utf-8")
    version = re.search(r"^pip==(\S+)", lock, re.MULTILINE)
    if version is None:
        raise SetupError(f"{LOCK} names no version of pip.")
    name = f"pip-{version[1]}-py3-none-any.whl"
    wheel = STATE / "cache" / name
    wheel.parent.mkdir(parents=True, exist_ok=True)
    _wheel_fetch(name, wheel, hashes=set(re.findall(r"sha256:([0-9a-f]{64})", lock)))
    run_logged(
        [VENV_PYTHON, wheel / "pip", "install", "--no-index", "--no-deps", wheel],
        log=LOGS / "setup-pip.log",
    )


def _wheel_fetch(name: str, wheel: Path, *, hashes: set[str]) -> None:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    try:
        page = _get(index).decode("utf-8", "replace")
        found = re.search(rf"[^\"'<>\s]*/{re.escape(name)}(?=[\"'#])", page)
        if found is None:
            raise SetupError(f"{index} does not have {name}. {MANUAL}")
        content = _get(urljoin(index, found[0]))
    except (urllib.error.URLError, TimeoutError) as error:
        msg = f"pip can't be fetched from {index} ({error}): check the network. {MANUAL}"
        raise SetupError(msg) from error
    if hashlib.sha256(content).hexdigest() not in hashes:
        raise SetupError(f"{name} from {index} isn't the file that was locked. {MANUAL}")
    wheel.write_bytes(content)


def _get(url: str) -> bytes:
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise SetupError(f"The package index must be reached by https, not {url}. {MANUAL}")
    request = urllib.request.Request(  # noqa: S310 (scheme checked above)
        url, headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.5"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310
        content: bytes = reply.read()
    return content
