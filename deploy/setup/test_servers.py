"""PostgreSQL and Valkey for tests: one pair per folder, shared by all who test in it."""

from __future__ import annotations

import os

from deploy.setup.console import step
from deploy.setup.database import OWNER, database_ensure, roles_ensure
from deploy.setup.errors import SetupError
from deploy.setup.locks import lock_take, lock_try, locked
from deploy.setup.paths import STATE
from deploy.setup.postgres import Postgres
from deploy.setup.secrets_file import env_file_ensure, seal_key_make, secret_key_make
from deploy.setup.valkey import Valkey

POSTGRES = Postgres(STATE / "test-postgres", throwaway=True)
VALKEY = Valkey(STATE / "test-valkey")
LOCK = "test-servers"
USERS = "test-users"
SLOTS = 12  # runs beside each other, each with databases of its own
VALKEY_PER_SLOT = 16
DEVELOPMENT_DATABASE = "berth_dev"
DEVELOPMENT_VALKEY = 255


def servers_ensure() -> bool:
    """Start what isn't running; return whether anything was started."""
    with locked(LOCK):
        started = False
        if not POSTGRES.answers():
            with step("Starting the tests' own PostgreSQL"):
                POSTGRES.stop()
                POSTGRES.initialise()
                POSTGRES.start(die_with_parent=False)
            started = True
        if POSTGRES.sql("SELECT 1", role=OWNER) != "1":
            roles_ensure(POSTGRES)
        if not VALKEY.answers():
            with step("Starting the tests' own Valkey"):
                VALKEY.stop()
                VALKEY.start(die_with_parent=False)
            started = True
    return started


def servers_hold() -> int:
    """Say that we use the servers: nobody stops them while the returned descriptor is open."""
    return lock_take(USERS, shared=True)


def servers_stop_if_unused() -> bool:
    """Stop the servers unless another run uses them; say whether they were stopped."""
    alone = lock_try(USERS)
    if alone is None:
        return False
    with locked(LOCK):
        VALKEY.stop()
        POSTGRES.stop()
    os.close(alone)
    return True


def slot_take() -> tuple[int, int]:
    """Return a free slot and the descriptor that holds it for as long as it's open."""
    for slot in range(SLOTS):
        descriptor = lock_try(f"test-slot-{slot}")
        if descriptor is not None:
            return slot, descriptor
    msg = f"{SLOTS} test runs are under way in this folder already: wait until one has ended."
    raise SetupError(msg)


def run_environment(*, slot: int, worker: int) -> dict[str, str]:
    """Return what a test run's process needs: databases that belong to it alone."""
    return _environment(f"berth_test_{slot}_{worker}", slot * VALKEY_PER_SLOT + worker)


def development_environment() -> dict[str, str]:
    """Return what `bin/py manage.py ...` needs: a database that stays."""
    with locked(LOCK):
        database_ensure(POSTGRES, DEVELOPMENT_DATABASE)
    own = _environment(DEVELOPMENT_DATABASE, DEVELOPMENT_VALKEY)
    return own | {"DJANGO_SETTINGS_MODULE": "portal.settings"}


def _environment(database: str, valkey_database: int) -> dict[str, str]:
    makers = {
        "BERTH_SECRET_KEY": secret_key_make,
        "BERTH_TOKEN_PEPPER": secret_key_make,
        "BERTH_SEAL_KEY": seal_key_make,
    }
    with locked("test-env"):
        secrets = env_file_ensure(STATE / "test-env", makers)
    return secrets | {
        "DATABASE_URL": POSTGRES.url("berth_app", database),
        "DATABASE_OWNER_URL": POSTGRES.url("berth_owner", database),
        "REDIS_URL": VALKEY.url(valkey_database),
        "BERTH_OUTBOUND_ALLOW": "127.0.0.0/8",
        "BERTH_PUBLIC_URL": "http://127.0.0.1:8000",
        "BERTH_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    }
