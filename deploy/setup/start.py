"""bin/start: everything from a fresh clone to pages in the browser, and one clean end."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from contextlib import ExitStack
from types import FrameType

from deploy.setup import start_steps as steps
from deploy.setup.assets import assets_ensure, messages_compile, static_collect
from deploy.setup.commands import output_of
from deploy.setup.console import say, step, warn
from deploy.setup.environment import packages_ensure
from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.locks import lock_try, owner_read, owner_write
from deploy.setup.paths import ROOT, STATE, VENV_PYTHON, state_prepare
from deploy.setup.ports import LOOPBACK, port_choose, port_is_free
from deploy.setup.services import Services
from deploy.setup.start_clusters import click_allowed, clusters_open
from deploy.setup.start_environment import environments_build
from deploy.setup.start_options import Options, options_parse
from deploy.setup.start_processes import children_make, web_wait
from deploy.setup.supervise import GUARDIAN, children_run, children_stop

LOCK = "start"
FRESH = ("postgres", "valkey", "clusters", "env", "accounts.txt", "static", "stamps")
INTERRUPTED = 130


class Interrupts:
    """Ctrl-C, SIGTERM and SIGHUP: break off set-up; later end in order; twice, end at once."""

    def __init__(self) -> None:
        self.stop, self.hurry = threading.Event(), threading.Event()
        self.setting_up = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()
        if self.setting_up:
            self.setting_up = False
            raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run until told to stop; return the exit code."""
    interrupts = Interrupts()
    try:
        with errors_worded(), ExitStack() as at_end:
            _run(options_parse(arguments), interrupts, at_end)
    except SetupError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped during set-up; the next bin/start goes on from there.")
        return INTERRUPTED
    say("Berth has stopped.")
    return 0


def _run(options: Options, interrupts: Interrupts, at_end: ExitStack) -> None:
    _lock_take(options.port)
    at_end.callback(GUARDIAN.dismiss)
    packages_ensure(dev=False)
    if options.fresh:
        _state_clear()
    assets_ensure()
    messages_compile()
    services = Services()
    at_end.callback(services.stop)
    addresses = services.start()
    stamps = services.postgres.home / "stamps" if services.own_database else None
    click = click_allowed(options.clusters, stamps)
    environments = environments_build(addresses=addresses, port=options.port, demo=click)
    steps.schema_migrate(environments.owner, stamps=stamps)
    static_collect(environments.owner)
    if stamps:
        steps.demonstration_make(environments.work, stamps=stamps)
    clusters = clusters_open(options, environments, interrupts.hurry, at_end, demo=bool(stamps))
    children = children_make(environments, port=options.port)
    at_end.callback(children_stop, children, interrupts.hurry)
    for child in children:
        child.start()
    web_wait(children[0], port=options.port)
    if stamps and clusters.names:
        steps.fleet_divide(environments.work, names=clusters.names)
        children += clusters.story(environments.work, stamps)
    if stamps:
        steps.accounts_show()
    else:
        say("Make your first operator with: bin/manage createoperator (see docs/configuration.md)")
    say(f"Berth is ready: http://{LOOPBACK}:{options.port}")
    interrupts.setting_up = False
    children_run([*clusters.children, *children], interrupts.stop, services.look)
    say("Stopping ...")


def _lock_take(port: int) -> None:
    state_prepare()
    descriptor = lock_try(LOCK)  # held until this process ends
    if descriptor is None:
        msg = (
            f"Berth already runs in this folder ({owner_read(LOCK)}). End that one first (Ctrl-C"
            " in its terminal), or use a second clone for a second Berth."
        )
        raise SetupError(msg)
    owner_write(descriptor, f"process {os.getpid()}, http://{LOOPBACK}:{port}")
    if not port_is_free(port):
        msg = (
            f"Port {port} is taken by another program. Choose another one, such as:"
            f" bin/start --port {port_choose(port + 1)}"
        )
        raise SetupError(msg)


def _state_clear() -> None:
    with step("Throwing away the state of earlier runs"):
        Services().stop()
        output_of([VENV_PYTHON, ROOT / "bin" / "testbed", "down", "--name", "start"])
        for name in FRESH:
            path = STATE / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
