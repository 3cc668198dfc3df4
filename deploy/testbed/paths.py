"""Where the test bed keeps things: programs in the cache, beds in the state directory."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).resolve().parent
GO_MODULES = PACKAGE / "go"
STAGES = PACKAGE / "stages"
FLEETS = REPOSITORY / "fleets"
SHIPPED_MANIFESTS = REPOSITORY / "deploy" / "kubernetes"


def find_cache_directory() -> Path:
    """Return the directory for built programs, which every clone on this machine shares."""
    if own := os.environ.get("BERTH_CACHE"):
        return Path(own).expanduser() / "controlplane"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "berth" / "controlplane"


def find_beds_directory() -> Path:
    """Return the directory that holds one sub-directory per bed."""
    state = os.environ.get("BERTH_STATE_DIR")
    base = Path(state).expanduser() if state else REPOSITORY / ".berth"
    return base.resolve() / "testbed"
