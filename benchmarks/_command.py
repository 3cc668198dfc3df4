"""The command line that all benchmarks have."""

from __future__ import annotations

import argparse


def parser_make(name: str, text: str | None) -> argparse.ArgumentParser:
    """A parser with --json and --tiny; a benchmark adds its own."""
    parser = argparse.ArgumentParser(prog=f"bin/bench {name}", description=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--tiny", action="store_true", help="hardly anything: does it still run?")
    return parser
