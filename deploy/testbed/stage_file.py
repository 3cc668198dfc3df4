"""Puts the Stage file of a bed together: KWOK's own for nodes, ours (stages/) for pods.

Why not KWOK's own for pods: they leave out what a resize needs, end every pod of a Job at once, and
never give a deleted pod a final phase, for which a Job with podReplacementPolicy Failed waits.
"""

import re
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from deploy.testbed.errors import BedError
from deploy.testbed.paths import STAGES

STAGE_FILES = ("pods.yaml", "endings.yaml", "resize.yaml")
TOKEN = re.compile(r"@([a-z_]+)@")
TOKEN_LINE = re.compile(r"^( *)@([a-z_]+)@$", re.M)
MAX_DEPTH = 5  # expressions may name expressions


def render_stages(upstream: Path) -> str:
    """Return all Stages as one YAML text; `upstream` holds the files that KWOK publishes."""
    expressions = yaml.safe_load((STAGES / "expressions.yaml").read_text(encoding="utf-8"))
    parts = [path.read_text(encoding="utf-8") for path in sorted(upstream.glob("*.yaml"))]
    if not parts:
        raise BedError(
            f"{upstream} holds no Stage of KWOK. Remove {upstream.parent} to build anew."
        )
    for name in STAGE_FILES:
        text = fill_tokens((STAGES / name).read_text(encoding="utf-8"), expressions)
        parts += [yaml.safe_dump(_bind_to_pod(stage)) for stage in yaml.safe_load_all(text)]
    return "\n---\n".join(part.strip() for part in parts) + "\n"


def _bind_to_pod(stage: dict[str, Any]) -> dict[str, Any]:
    """Let the status be written to the very pod that was seen, as a kubelet does.

    Without its uid in the patch a late one lands on the next pod of the same name.
    """
    template = stage["spec"]["next"].pop("statusTemplate", None)
    if template is not None:
        bound = (
            f"metadata: {{uid: {{{{ .metadata.uid | Quote }}}}}}\nstatus:\n{indent(template, '  ')}"
        )
        stage["spec"]["next"]["patches"] = [{"subresource": "status", "template": bound}]
    return stage


def fill_tokens(text: str, expressions: dict[str, str]) -> str:
    """Replace each @name@ by its expression; one alone on a line brings its indentation along."""

    def fill_line(found: re.Match[str]) -> str:
        lines = _look_up(found.group(2), expressions).rstrip().splitlines()
        return "\n".join(found.group(1) + line for line in lines)

    for _ in range(MAX_DEPTH):
        if not TOKEN.search(text):
            return text
        text = TOKEN_LINE.sub(fill_line, text)
        text = TOKEN.sub(lambda found: _look_up(found.group(1), expressions).strip(), text)
    raise BedError(f"The Stage expressions name each other in a circle: {TOKEN.findall(text)}.")


def _look_up(name: str, expressions: dict[str, str]) -> str:
    if name not in expressions:
        raise BedError(f"No Stage expression is called {name}; see deploy/testbed/stages/.")
    return expressions[name]
