"""Write down what a real control plane answers: python -m tests.conformance.record BED [NAME…]

BED is the name of a running bed (bin/testbed up --name BED). Each scenario's answers go to
recorded/VERSION/NAME.json; the suite holds the simulator, and every later bed, to them. Without
names, what the server serves is written down, too.
"""

from __future__ import annotations

import json
import sys

from deploy.testbed import open_bed
from tests.conformance.converse import RECORDED, converse
from tests.conformance.places import bed_place
from tests.conformance.scenarios_all import SCENARIOS
from tests.conformance.served import served_by, served_write


def main(arguments: list[str]) -> None:
    """Record the named scenarios, or all."""
    bed = open_bed(name=arguments[0])
    place, folder = bed_place(bed), RECORDED / bed.version
    folder.mkdir(parents=True, exist_ok=True)
    if not arguments[1:]:
        served_write(bed.version, served_by(place))
    for name in arguments[1:] or sorted(SCENARIOS):
        lines = converse(place, name)
        text = json.dumps(lines, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{name}: {len(lines)} answers\n")


if __name__ == "__main__":
    main(sys.argv[1:])
