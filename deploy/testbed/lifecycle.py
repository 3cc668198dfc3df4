"""Brings beds up and takes them down; safe to repeat, to kill and to run side by side."""

import fcntl
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.testbed.bed import BERTH, Bed
from deploy.testbed.build import Programs, Progress, ensure_built, find_programs, print_progress
from deploy.testbed.client import ApiClient
from deploy.testbed.errors import BedError
from deploy.testbed.fleet import Fleet
from deploy.testbed.fleet_file import load_fleet, name_fleet
from deploy.testbed.layout import COMPONENTS, Layout, Settings, write_private
from deploy.testbed.manifests import apply_manifests, load_manifests
from deploy.testbed.nodes import create_nodes, wait_for_nodes
from deploy.testbed.paths import PACKAGE, SHIPPED_MANIFESTS, find_beds_directory
from deploy.testbed.pki import write_pki
from deploy.testbed.ports import find_free_ports
from deploy.testbed.processes import stop_process
from deploy.testbed.stage_file import render_stages
from deploy.testbed.supervisor import PortTaken, Supervisor, check_component
from deploy.testbed.users import USERS, bind_cluster_admins, create_tokens, render_token_file
from deploy.testbed.versions import DEFAULT_VERSION

DEFAULT_NAME = "default"
BED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
DEFAULT_FLEET = "small"
PORT_ATTEMPTS = 3
ACCOUNT_SECONDS = 30.0
POLL_SECONDS = 0.05


def bed_up(
    *,
    name: str = DEFAULT_NAME,
    version: str = DEFAULT_VERSION,
    fleet: str = DEFAULT_FLEET,
    directory: Path | None = None,
    extra_arguments: dict[str, list[str]] | None = None,
    progress: Progress = print_progress,
) -> Bed:
    """Return a running bed with its nodes Ready; builds the programs where they are missing.

    A bed of that name that runs is used again, one that has stopped goes on with its data.
    Raises ToolchainMissing, BuildError, FleetError, or BedError where the bed of that name has
    another version or fleet.
    """
    fleet = name_fleet(fleet)
    nodes_wanted = load_fleet(fleet)
    extra = {check_component(key): value for key, value in (extra_arguments or {}).items()}
    programs = ensure_built(version, progress=progress)
    layout = find_layout(name=name, directory=directory)
    with _bed_lock(layout):
        settings = layout.read_settings()
        if settings is not None and settings.complete:
            _check_same(settings, version=version, fleet=fleet, extra=extra)
            return _bring_up(layout, settings, programs, nodes_wanted, progress)
        for attempt in range(PORT_ATTEMPTS):
            _clear(layout)
            settings = _prepare(layout, name, version, fleet, extra, programs)
            try:
                with ExitStack() as on_failure:
                    # The logs stay for a look; the processes of a bed that never was do not.
                    on_failure.callback(Supervisor(layout, settings, programs).stop_all)
                    bed = _bring_up(layout, settings, programs, nodes_wanted, progress)
                    on_failure.pop_all()
                    return bed
            except PortTaken:
                if attempt == PORT_ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def bed_down(*, name: str = DEFAULT_NAME, directory: Path | None = None) -> bool:
    """End the processes of a bed and remove its directory; False where there was none."""
    layout = find_layout(name=name, directory=directory)
    if not layout.root.exists():
        return False
    with _bed_lock(layout):
        _clear(layout)
    return True


def open_bed(*, name: str = DEFAULT_NAME, directory: Path | None = None) -> Bed:
    """Return a bed that was brought up before, running or not; BedError where there is none."""
    layout = find_layout(name=name, directory=directory)
    settings = layout.read_settings()
    if settings is None:
        raise BedError(f"There is no bed in {layout.root}. Start one with bin/testbed up.")
    return Bed(layout, settings, find_programs(settings.version))


def find_layout(*, name: str, directory: Path | None) -> Layout:
    """Return where a bed lies: in `directory` itself, else under its name with the other beds."""
    if directory is not None:
        return Layout(directory.expanduser().resolve())
    if not BED_NAME.fullmatch(name):
        raise BedError(
            f"A bed's name is letters, digits, dots, dashes and underscores (at most 63, a letter "
            f"or digit first), not {name!r}."
        )
    return Layout(find_beds_directory() / name)


def _prepare(
    layout: Layout,
    name: str,
    version: str,
    fleet: str,
    extra: dict[str, list[str]],
    programs: Programs,
) -> Settings:
    """Write every file a new bed needs. bed.json comes first: it marks the directory as ours."""
    etcd, peer, apiserver = find_free_ports(3)
    ports = {"etcd": etcd, "etcd-peer": peer, "apiserver": apiserver}
    settings = Settings(name, version, fleet, ports, create_tokens(), extra)
    layout.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    layout.write_settings(settings)
    layout.create()
    write_pki(layout.pki)
    write_private(layout.tokens, render_token_file(settings.tokens))
    shutil.copyfile(PACKAGE / "audit-policy.yaml", layout.audit_policy)
    write_private(layout.stages, render_stages(programs.upstream_stages))
    bed = Bed(layout, settings, programs)
    for user in USERS:
        bed.write_kubeconfig(user=user.name, token=settings.tokens[user.name])
    return settings


def _bring_up(
    layout: Layout, settings: Settings, programs: Programs, fleet: Fleet, progress: Progress
) -> Bed:
    """Start what does not run, wait, and see to users, shipped manifests and nodes."""
    bed = Bed(layout, settings, programs)
    client = bed.client()
    started = time.monotonic()
    for component in ("etcd", "apiserver"):
        bed.supervisor.start(component)
    bed.supervisor.wait_for_api(client, ["etcd", "apiserver"])
    bed.timings["api_ready"] = round(time.monotonic() - started, 2)
    for component in ("controller-manager", "scheduler", "kwok"):
        bed.supervisor.start(component)
    bind_cluster_admins(client)
    for skipped in apply_manifests(client, load_manifests(SHIPPED_MANIFESTS)):
        progress(skipped)
    bed.write_kubeconfig(user=BERTH, token=bed.create_token())
    if not settings.complete:
        create_nodes(client, fleet)
        wait_for_nodes(client, fleet)
    _wait_for_default_account(bed)
    bed.supervisor.check_alive(COMPONENTS)
    bed.timings["up"] = round(time.monotonic() - started, 2)
    if not settings.complete:
        settings.complete = True
        layout.write_settings(settings)
    return bed


def _wait_for_default_account(bed: Bed) -> None:
    """Without its default ServiceAccount a namespace takes no pods."""
    deadline = time.monotonic() + ACCOUNT_SECONDS
    client = bed.client()
    while "default" not in _list_accounts(client):
        if time.monotonic() > deadline:
            raise BedError(f"No default ServiceAccount after {ACCOUNT_SECONDS:.0f} s.")
        bed.supervisor.check_alive(COMPONENTS)
        time.sleep(POLL_SECONDS)


def _list_accounts(client: ApiClient) -> list[str]:
    items = client.get("/api/v1/namespaces/default/serviceaccounts")["items"]
    return [item["metadata"]["name"] for item in items]


def _check_same(
    settings: Settings, *, version: str, fleet: str, extra: dict[str, list[str]]
) -> None:
    """Refuse to hand out a bed that is not what was asked for."""
    if (settings.version, settings.fleet) != (version, fleet):
        raise BedError(
            f"The bed {settings.name} has Kubernetes {settings.version} and the fleet "
            f"{settings.fleet}, not {version} and {fleet}. Take it down first "
            f"(bin/testbed down --name {settings.name}) or give another --name."
        )
    if extra and extra != settings.extra_arguments:
        raise BedError(
            f"The bed {settings.name} was made with other extra flags. Change them with "
            f"bin/testbed stop COMPONENT and bin/testbed start COMPONENT --arg=FLAG, or take "
            f"the bed down first."
        )


def _clear(layout: Layout) -> None:
    """End what is recorded and remove the directory, its mark last. Refuses a foreign directory."""
    if not layout.root.exists():
        return
    entries = list(layout.root.iterdir())
    if entries and not layout.settings_file.exists():
        raise BedError(f"{layout.root} holds other things than a bed; choose an empty directory.")
    for component in reversed(COMPONENTS):
        stop_process(layout.record(component))
    for entry in entries:
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry != layout.settings_file:
            entry.unlink()
    layout.settings_file.unlink(missing_ok=True)
    layout.root.rmdir()


@contextmanager
def _bed_lock(layout: Layout) -> Iterator[None]:
    """One `up` or `down` of a bed at a time; the kernel drops the lock if its holder dies."""
    layout.root.parent.mkdir(parents=True, exist_ok=True)
    with (layout.root.parent / f".{layout.root.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
