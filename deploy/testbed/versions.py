"""Which versions the bed can run. The go.mod files are the only place that names them."""

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.testbed.errors import BedError
from deploy.testbed.paths import GO_MODULES, find_cache_directory

DEFAULT_VERSION = os.environ.get("BED_VERSION") or "1.37"
"""What is brought up where nobody says; BED_VERSION lets the whole suite run on another."""


@dataclass(frozen=True)
class Component:
    """One Go module of ours and the programs built from it.

    `directory` holds go.mod and go.sum, `module` is the Go module whose version counts,
    `packages` are the main packages to build, `prefix` goes before the version in the cache.
    """

    title: str
    directory: Path
    module: str
    packages: tuple[str, ...]
    prefix: str

    @cached_property
    def version(self) -> str:
        """The pinned version without its leading v, as go.mod names it."""
        text = (self.directory / "go.mod").read_text(encoding="utf-8")
        found = re.search(rf"^\s*(?:require )?{re.escape(self.module)} v(\S+)", text, re.M)
        if found is None:
            raise BedError(f"{self.directory / 'go.mod'} does not require {self.module}.")
        return found.group(1)

    @cached_property
    def go_version(self) -> str:
        """The oldest Go that builds this module (its `go` line)."""
        text = (self.directory / "go.mod").read_text(encoding="utf-8")
        found = re.search(r"^go (\S+)$", text, re.M)
        if found is None:
            raise BedError(f"{self.directory / 'go.mod'} has no go line.")
        return found.group(1)

    @property
    def target(self) -> Path:
        """The cache directory that holds the finished programs."""
        return find_cache_directory() / f"{self.prefix}{self.version}"

    @property
    def linker_flags(self) -> str:
        """Flags for the Go linker: no debug tables and, for Kubernetes, the version it reports.

        Without gitVersion the server calls itself v0.0.0-master and the logic of compatibility
        versions goes astray.
        """
        flags = "-s -w"
        if not self.module.startswith("k8s.io/kubernetes"):
            return flags
        major, minor = self.version.split(".")[:2]
        values = {"gitVersion": f"v{self.version}", "gitMajor": major, "gitMinor": minor}
        values["gitTreeState"] = "clean"
        base = "k8s.io/component-base/version"
        return " ".join([flags, *(f"-X {base}.{key}={value}" for key, value in values.items())])

    @property
    def fingerprint(self) -> str:
        """A digest over everything that decides what is built; a changed one means build again."""
        digest = hashlib.sha256()
        for name in ("go.mod", "go.sum"):
            digest.update((self.directory / name).read_bytes())
        digest.update("\0".join([*self.packages, self.linker_flags]).encode())
        return digest.hexdigest()


ETCD = Component(
    title="etcd",
    directory=GO_MODULES / "etcd",
    module="go.etcd.io/etcd/server/v3",
    packages=("go.etcd.io/etcd/server/v3",),
    prefix="etcd-",
)
KWOK = Component(
    title="KWOK",
    directory=GO_MODULES / "kwok",
    module="sigs.k8s.io/kwok",
    packages=("sigs.k8s.io/kwok/cmd/kwok",),
    prefix="kwok-",
)


def list_versions() -> list[str]:
    """Return the supported Kubernetes minor versions, newest first."""
    found = [path.name.removeprefix("kubernetes-") for path in GO_MODULES.glob("kubernetes-*")]
    return sorted(found, key=lambda name: [int(part) for part in name.split(".")], reverse=True)


def find_kubernetes(version: str) -> Component:
    """Return Kubernetes of a minor version such as "1.37"; BedError names the known ones."""
    if version not in list_versions():
        known = ", ".join(list_versions())
        raise BedError(
            f"Kubernetes {version} has no Go module here. Choose one of: {known}, or add "
            f"deploy/testbed/go/kubernetes-{version}/ as docs/testbed.md describes."
        )
    commands = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
    return Component(
        title="Kubernetes",
        directory=GO_MODULES / f"kubernetes-{version}",
        module="k8s.io/kubernetes",
        packages=tuple(f"k8s.io/kubernetes/cmd/{name}" for name in commands),
        prefix="",
    )


def list_components(version: str) -> tuple[Component, ...]:
    """Return what a bed of this version needs, in the order of building."""
    return (ETCD, KWOK, find_kubernetes(version))
