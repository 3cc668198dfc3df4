"""Are all texts translated? Compares the sources with the catalogue; --update renews it.

Runs inside the project's environment, without a database. Extraction needs gettext's programs
(xgettext, msgmerge); without them only what the catalogue itself shows is looked at.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

from deploy.setup.check_environment import check_environment
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOMS, ROOT

SOURCES = (*ROOMS, "templates")
LANGUAGE = "zh_Hans"
CATALOGUE = Path("portal") / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
UPDATE = "bin/py -m deploy.setup.messages --update"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


def gettext_found() -> bool:
    """Tell whether gettext's programs are installed."""
    return all(shutil.which(name) for name in ("xgettext", "msgmerge", "msguniq"))


def problems_find() -> list[str]:
    """Return a line for each text that isn't translated as it should be; empty when all is well."""
    catalogue = polib.pofile(str(ROOT / CATALOGUE))
    found = [*_entry_problems(catalogue)]
    if gettext_found():
        with tempfile.TemporaryDirectory(prefix="berth-messages-") as folder:
            fresh = polib.pofile(str(catalogue_extract(Path(folder))))
        known = {_key(entry) for entry in catalogue if not entry.obsolete}
        wanted = {_key(entry) for entry in fresh if not entry.obsolete}
        found += [f"not in the catalogue: {key[1]!r}" for key in sorted(wanted - known)]
        found += [f"no longer used: {key[1]!r}" for key in sorted(known - wanted)]
    return found


def catalogue_extract(folder: Path) -> Path:
    """Extract all texts into a copy of the catalogue below `folder`; return its path."""
    for room in SOURCES:
        _sources_copy(room, folder)
    (folder / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / CATALOGUE).is_file():
        shutil.copyfile(ROOT / CATALOGUE, folder / CATALOGUE)
    shutil.copyfile(ROOT / "manage.py", folder / "manage.py")
    command = [sys.executable, "manage.py", "makemessages", "--locale", LANGUAGE]
    done = subprocess.run(
        [*command, "--add-location", "file", "--no-obsolete"],
        cwd=folder,
        env=check_environment() | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"makemessages failed:\n{done.stdout}{done.stderr}")
    return folder / CATALOGUE


def _sources_copy(room: str, folder: Path) -> None:
    for pattern in ("*.py", "*.html", "*.txt"):
        for path in (ROOT / room).rglob(pattern):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _entry_problems(catalogue: polib.POFile) -> Iterator[str]:
    for entry in catalogue:
        if entry.obsolete:
            continue
        if entry.fuzzy or not entry.translated():
            yield f"not translated: {entry.msgid!r}"
            continue
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        allowed = set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
        for text in texts:
            if set(PLACEHOLDER.findall(text)) != allowed:
                yield f"other placeholders than its source: {text!r}"
            if HALF_WIDTH.search(text):
                yield f"punctuation of half width in Chinese: {text!r}"


def _key(entry: polib.POEntry) -> tuple[str, str]:
    return (entry.msgctxt or "", entry.msgid)


def main(arguments: list[str]) -> int:
    """Check, or renew the catalogue; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write new texts into the catalogue")
    if parser.parse_args(arguments).update:
        with tempfile.TemporaryDirectory(prefix="berth-messages-") as folder:
            shutil.copyfile(catalogue_extract(Path(folder)), ROOT / CATALOGUE)
        print(f"{CATALOGUE} is up to date; fill in what is empty or fuzzy.")
        return 0
    if not gettext_found():
        print("gettext is not installed: new texts can't be looked for (apt-get install gettext).")
    problems = problems_find()
    if not problems:
        return 0
    print("\n".join(problems[:40]))
    print(f"{len(problems)} texts need work. {UPDATE} renews {CATALOGUE}.")
    return 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
