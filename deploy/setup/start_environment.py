"""Who gets which variables. Each process has what it needs and no secret more."""

from __future__ import annotations

import os
from dataclasses import dataclass

from deploy.setup.commands import output_of
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOT, STATE, STATIC_ROOT, VENV_PYTHON
from deploy.setup.ports import LOOPBACK
from deploy.setup.secrets_file import env_file_ensure, seal_key_make, secret_key_make

SEAL = ("BERTH_SEAL_KEY", "BERTH_SEAL_KEY_FILE")
DERIVE = """
from django.core.exceptions import ImproperlyConfigured
try:
    from portal.seal import public_key_derive
    from portal.settings.env import env_read
    print(public_key_derive(env_read().seal_key or b""))
except ImproperlyConfigured as problem:
    print("!", problem)
"""
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


def environments_build(*, addresses: dict[str, str], port: int, demo: bool = False) -> Environments:
    """Put together what was given, what was generated once, and the addresses of the servers.

    `demo` lets the sign-in page show the made-up accounts, one click away.
    """
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    secrets = env_file_ensure(STATE / "env", MAKERS)
    if given.get("BERTH_SEAL_KEY_FILE"):
        del secrets["BERTH_SEAL_KEY"]  # the file wins over ours
    allowed = [given.get("BERTH_OUTBOUND_ALLOW", ""), "127.0.0.0/8"]
    own = {
        "BERTH_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "BERTH_ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "BERTH_EMAIL_URL": f"file://{STATE}/mail",
        "BERTH_STATE_DIR": str(STATE),
        "BERTH_STATIC_ROOT": str(STATIC_ROOT),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONUNBUFFERED": "1",
    }
    if demo:
        own["BERTH_DEMO"] = "1"
    owner = own | secrets | given | addresses
    owner["BERTH_OUTBOUND_ALLOW"] = ",".join(filter(None, allowed))
    owner["PYTHONPATH"] = str(ROOT)
    # What runs all day can't become the owner, which row-level security doesn't hold.
    work = owner | {"DATABASE_OWNER_URL": addresses["DATABASE_URL"]}
    web = {name: value for name, value in work.items() if name not in SEAL}
    web.setdefault("BERTH_SEAL_PUBLIC_KEY", _public_key(work))
    return Environments(owner=owner, web=web, work=work)


def _public_key(variables: dict[str, str]) -> str:
    """What web processes seal with: they take credentials in and can't read them back.

    Asked of the project itself, in its own environment; the key goes by the environment too.
    """
    text = output_of([VENV_PYTHON, "-c", DERIVE], env=variables).strip()
    if text.startswith("!"):
        raise SetupError(text.removeprefix("! "))
    if not text:
        msg = (
            "The seal key can't be used: BERTH_SEAL_KEY (or the file BERTH_SEAL_KEY_FILE) must be"
            " 32 random bytes in base64, as from: openssl rand -base64 32"
        )
        raise SetupError(msg)
    return text
