"""What is built, from what, and what is said where it cannot be."""

import json
import re
from pathlib import Path

import pytest

from deploy.testbed import BedError, ToolchainMissing, list_versions
from deploy.testbed.build import STAMP, ensure_built, is_built
from deploy.testbed.stage_file import fill_tokens, render_stages
from deploy.testbed.toolchain import find_go
from deploy.testbed.versions import ETCD, KWOK, find_kubernetes

STAGING = re.compile(r"^\t(k8s\.io/\S+) => (\S+) v(\S+)$", re.M)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for programs."""
    monkeypatch.setenv("BERTH_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("version", list_versions())
def test_all_staging_modules_are_of_the_one_version(version: str) -> None:
    kubernetes = find_kubernetes(version)
    assert kubernetes.version.startswith(f"{version}.")
    text = (kubernetes.directory / "go.mod").read_text()
    replaced = STAGING.findall(text)
    assert len(replaced) >= 30
    wanted = "0." + kubernetes.version.removeprefix("1.")
    assert {(old == new, at) for old, new, at in replaced} == {(True, wanted)}


def test_every_module_is_locked() -> None:
    components = [ETCD, KWOK, *(find_kubernetes(version) for version in list_versions())]
    for component in components:
        sums = (component.directory / "go.sum").read_text()
        assert f"{component.module} v{component.version} h1:" in sums


def test_an_unknown_version_names_the_known() -> None:
    with pytest.raises(BedError, match=r"Choose one of: 1\.37, 1\.34"):
        find_kubernetes("1.12")


def test_a_changed_module_is_built_again(cache: Path) -> None:
    assert not is_built(ETCD)
    ETCD.target.mkdir(parents=True)
    (ETCD.target / STAMP).write_text("{damaged")
    assert not is_built(ETCD)
    (ETCD.target / STAMP).write_text(json.dumps({"fingerprint": "of another go.sum"}))
    assert not is_built(ETCD)
    (ETCD.target / STAMP).write_text(json.dumps({"fingerprint": ETCD.fingerprint}))
    assert is_built(ETCD)
    assert cache in ETCD.target.parents


def write_go(directory: Path, says: str) -> None:
    directory.mkdir()
    (directory / "go").write_text(f"#!/bin/sh\necho '{says}'\n")
    (directory / "go").chmod(0o755)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("go version go1.21.3 linux/amd64", "needs Go 1.26.0, and .* is 1.21.3"),
        ("something else", "does not tell its version"),
        (None, "no go was found"),
    ],
)
def test_without_a_good_go_the_way_to_one_is_said(
    cache: Path, monkeypatch: pytest.MonkeyPatch, says: str | None, words: str
) -> None:
    monkeypatch.setattr("deploy.testbed.toolchain.GO_DIRECTORIES", ())
    monkeypatch.setenv("PATH", str(cache / "bin"))
    if says is not None:
        write_go(cache / "bin", says)
    with pytest.raises(ToolchainMissing, match=words) as missing:
        ensure_built("1.37")
    assert "Install Go 1.26.0 or newer from https://go.dev/dl/" in str(missing.value)


def test_a_newer_go_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_go(tmp_path / "bin", "go version go1.30 linux/amd64")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = find_go(needed="1.26.0", module_directory=tmp_path)
    assert found == str(tmp_path / "bin" / "go")


def test_stage_tokens_nest_and_keep_their_indentation() -> None:
    expressions = {"inner": "x", "outer": "(@inner@ + 1)", "lines": "one\ntwo: @inner@\n"}
    text = "key: '@outer@'\nblock: |\n  @lines@\n  end\n"
    assert fill_tokens(text, expressions) == "key: '(x + 1)'\nblock: |\n  one\n  two: x\n  end\n"
    with pytest.raises(BedError, match="No Stage expression is called gone"):
        fill_tokens("@gone@", expressions)
    with pytest.raises(BedError, match="in a circle"):
        fill_tokens("@a@", {"a": "@b@", "b": "@a@"})


def test_the_stages_of_kwok_itself_are_needed(tmp_path: Path) -> None:
    with pytest.raises(BedError, match="holds no Stage of KWOK"):
        render_stages(tmp_path)
    (tmp_path / "node.yaml").write_text("kind: Stage\n")
    assert render_stages(tmp_path).count("kind: Stage") > 10
