"""Where set-up keeps things. The state directory can be moved with BERTH_STATE_DIR."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("BERTH_STATE_DIR") or ROOT / ".berth").expanduser().resolve()
STAMPS = STATE / "stamps"
LOCKS = STATE / "locks"
LOGS = STATE / "logs"
ROOMS = ("portal", "inventory", "scheduling", "tenants")
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
BUNDLES = ROOT / "static" / "dist"
STATIC_ROOT = STATE / "static"
ARTIFACTS = ROOT / "tests" / "artifacts"


def state_prepare() -> None:
    """Create the state directory; others may pass through it but not list it."""
    for path in (STATE, STAMPS, LOCKS):
        path.mkdir(parents=True, exist_ok=True)
    for path in (LOGS, STATE / "mail"):  # names, and links that open doors
        path.mkdir(mode=0o700, exist_ok=True)
    STATE.chmod(0o711)
