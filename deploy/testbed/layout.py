"""The files of one bed, and the settings that outlive its processes."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.testbed.errors import BedError

COMPONENTS = ("etcd", "apiserver", "controller-manager", "scheduler", "kwok")


@dataclass
class Settings:
    """What a bed was made with; kept in bed.json so that a restart keeps ports and flags.

    `complete` turns true at the end of the first `up`; a directory without it is a torso.
    `extra_arguments` maps a component to flags put after the bed's own, so that they win.
    """

    name: str
    version: str
    fleet: str
    ports: dict[str, int]
    tokens: dict[str, str]
    extra_arguments: dict[str, list[str]] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True)
class Layout:
    """Paths below the directory of one bed."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "bed.json"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def audit_log(self) -> Path:
        """The API server's audit log: one JSON object of kind audit.k8s.io/v1 Event a line."""
        return self.root / "audit" / "audit.log"

    @property
    def audit_policy(self) -> Path:
        return self.root / "audit-policy.yaml"

    @property
    def stages(self) -> Path:
        return self.root / "kwok" / "stages.yaml"

    @property
    def tokens(self) -> Path:
        return self.root / "pki" / "tokens.csv"

    def kubeconfig(self, user: str) -> Path:
        """Where the kubeconfig of a user of the bed lies (inline data, no file paths)."""
        return self.root / "kubeconfig" / f"{user}.yaml"

    def log(self, component: str) -> Path:
        return self.root / "logs" / f"{component}.log"

    def record(self, component: str) -> Path:
        return self.root / "processes" / component

    def create(self) -> None:
        """Make the directories, readable by their owner alone: they hold keys and tokens."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("pki", "audit", "kwok", "kubeconfig", "logs", "processes", "etcd"):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def read_settings(self) -> Settings | None:
        """Return the settings, or None where no bed is; BedError where the file is damaged."""
        try:
            text = self.settings_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            content: dict[str, Any] = json.loads(text)
            return Settings(**content)
        except (ValueError, TypeError) as error:
            raise BedError(
                f"{self.settings_file} cannot be read ({error}). Remove the bed with "
                f"bin/testbed down --dir {self.root} and start it again."
            ) from error

    def write_settings(self, settings: Settings) -> None:
        """Replace the settings in one step, so that a kill leaves the old or the new ones."""
        text = json.dumps(asdict(settings), indent=2) + "\n"
        write_private(self.settings_file, text)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, by way of a new file put in its place."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(path)
