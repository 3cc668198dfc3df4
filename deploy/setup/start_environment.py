"""Who gets which variables. Each process has what it needs and no secret more."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.paths import ROOT, STATE, STATIC_ROOT
from deploy.setup.ports import LOOPBACK
from deploy.setup.secrets_file import env_file_ensure, seal_key_make, secret_key_make
from portal.seal import public_key_derive

SEAL = ("BERTH_SEAL_KEY", "BERTH_SEAL_KEY_FILE")
MAKERS = {
    "BERTH_SECRET_KEY": secret_key_make,
    "BERTH_TOKEN_PEPPER": secret_key_make,
    "BERTH_SEAL_KEY": seal_key_make,
}


@dataclass(frozen=True)
class Environments:
    """Variables of the set-up commands (owner of the database), of the web, and of the rest."""

    owner: dict[str, str]
    web: dict[str, str]
    work: dict[str, str]


def environments_build(*, addresses: dict[str, str], port: int) -> Environments:
    """Put together what was given, what was generated once, and the addresses of the servers."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    secrets = env_file_ensure(STATE / "env", MAKERS)
    if given.get("BERTH_SEAL_KEY_FILE"):
        del secrets["BERTH_SEAL_KEY"]  # the file wins over ours
    allowed = [given.get("BERTH_OUTBOUND_ALLOW", ""), "127.0.0.0/8"]
    own = {
        "BERTH_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "BERTH_ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "BERTH_STATE_DIR": str(STATE),
        "BERTH_STATIC_ROOT": str(STATIC_ROOT),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONUNBUFFERED": "1",
    }
    owner = own | secrets | given | addresses
    owner["BERTH_OUTBOUND_ALLOW"] = ",".join(filter(None, allowed))
    owner["PYTHONPATH"] = str(ROOT)
    # What runs all day can't become the owner, which row-level security doesn't hold.
    work = owner | {"DATABASE_OWNER_URL": addresses["DATABASE_URL"]}
    web = {name: value for name, value in work.items() if name not in SEAL}
    web.setdefault("BERTH_SEAL_PUBLIC_KEY", _public_key(work))
    return Environments(owner=owner, web=web, work=work)


def _public_key(variables: dict[str, str]) -> str:
    """What web processes seal with: they take credentials in and can't read them back."""
    path = variables.get("BERTH_SEAL_KEY_FILE", "")
    text = variables.get("BERTH_SEAL_KEY") or Path(path).read_text(encoding="ascii")
    return public_key_derive(base64.b64decode(text.strip()))
