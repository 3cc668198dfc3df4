"""The command line of the test bed (bin/testbed)."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.testbed.bed import Bed
from deploy.testbed.build import ensure_built
from deploy.testbed.errors import BedError
from deploy.testbed.fleet_file import list_fleets
from deploy.testbed.layout import COMPONENTS
from deploy.testbed.lifecycle import DEFAULT_FLEET, DEFAULT_NAME, bed_down, bed_up, open_bed
from deploy.testbed.versions import DEFAULT_VERSION, list_versions

FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Results go to standard output, progress to error."""
    options = _build_parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except BedError as error:
        print(f"testbed: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("testbed: interrupted; `bin/testbed down` clears what is there.", file=sys.stderr)
        return INTERRUPTED


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/testbed",
        description="A real Kubernetes control plane on this machine, with nodes that KWOK plays.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = _add(commands, "up", _up, "start a bed, or go on with it; builds what is missing")
    _add_version(up)
    fleets = ", ".join(list_fleets())
    up.add_argument("--fleet", default=DEFAULT_FLEET, help=f"one of {fleets}, or a YAML file")
    _add_extra_arguments(up)
    _add(commands, "down", _down, "end a bed and remove its state")
    _add(commands, "status", _status, "show a bed")
    build = commands.add_parser("build", help="build the programs into the cache")
    build.set_defaults(run=_build)
    _add_version(build)
    start = _add(commands, "start", _start, "start one component again")
    start.add_argument("component", choices=COMPONENTS)
    start.add_argument("--arg", action="append", metavar="FLAG", help="replaces its extra flags")
    start.add_argument("--no-args", action="store_true", help="drops its extra flags")
    for verb, text in (
        ("stop", "end one component; data and port stay"),
        ("kill", "end one component by SIGKILL"),
        ("freeze", "stop a component in its tracks (SIGSTOP): connections fall silent"),
        ("thaw", "let a frozen component run on"),
    ):
        _add(commands, verb, _act, text).add_argument("component", choices=COMPONENTS)
        commands.choices[verb].set_defaults(verb=verb)
    for verb, text in (
        ("silence-node", "let a node fall silent: Ready Unknown, its pods stay as they are"),
        ("restore-node", "bring a silent node back"),
    ):
        _add(commands, verb, _act_on_node, text).add_argument("node")
        commands.choices[verb].set_defaults(verb=verb)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    verb: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(verb, help=text)
    parser.set_defaults(run=run)
    parser.add_argument("--name", default=DEFAULT_NAME, help="which bed; several run side by side")
    parser.add_argument("--dir", type=Path, help="directory of the bed instead of its name's")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", choices=list_versions(), default=DEFAULT_VERSION)


def _add_extra_arguments(parser: argparse.ArgumentParser) -> None:
    for component in COMPONENTS:
        parser.add_argument(
            f"--{component}-arg",
            action="append",
            default=[],
            metavar="FLAG",
            help=f"extra flag for {component}, such as --{component}-arg=--v=4; repeatable",
        )


def _up(options: argparse.Namespace) -> int:
    flags = {name: getattr(options, f"{name.replace('-', '_')}_arg") for name in COMPONENTS}
    bed = bed_up(
        name=options.name,
        version=options.version,
        fleet=options.fleet,
        directory=options.dir,
        extra_arguments={name: value for name, value in flags.items() if value},
    )
    if options.json:
        print(json.dumps(bed.describe(), indent=2))
    else:
        print(bed.kubeconfig())
    return 0


def _down(options: argparse.Namespace) -> int:
    found = bed_down(name=options.name, directory=options.dir)
    if options.json:
        print(json.dumps({"removed": found}))
    else:
        print("The bed is down." if found else "There was no such bed.")
    return 0


def _status(options: argparse.Namespace) -> int:
    facts = _open(options).describe()
    if options.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(f"Bed {facts['name']}: Kubernetes {facts['version']}, fleet {facts['fleet']}")
    print(f"  server      {facts['server']}")
    print(f"  directory   {facts['directory']}")
    print(f"  audit log   {facts['audit_log']}")
    print(f"  kubectl     {facts['kubectl']}")
    for user, path in facts["kubeconfigs"].items():
        print(f"  kubeconfig  {user}: {path}")
    for component, process in facts["components"].items():
        state = f"runs as process {process['pid']}" if process["running"] else "does not run"
        print(f"  {component:<18} {state}")
    return 0


def _build(options: argparse.Namespace) -> int:
    print(ensure_built(options.version).kubernetes)
    return 0


def _start(options: argparse.Namespace) -> int:
    extra = [] if options.no_args else options.arg
    _open(options).start(options.component, extra_arguments=extra)
    return 0


def _act(options: argparse.Namespace) -> int:
    bed = _open(options)
    actions = {"stop": bed.stop, "kill": bed.kill, "freeze": bed.freeze, "thaw": bed.thaw}
    actions[options.verb](options.component)
    return 0


def _act_on_node(options: argparse.Namespace) -> int:
    bed = _open(options)
    actions = {"silence-node": bed.silence_node, "restore-node": bed.restore_node}
    actions[options.verb](options.node)
    return 0


def _open(options: argparse.Namespace) -> Bed:
    return open_bed(name=options.name, directory=options.dir)
