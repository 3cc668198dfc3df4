"""Which pods have to go where more is used than may be; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scheduling.engine.types import Amounts


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A pod that has not ended: since when it is there, and what it counts for by quota key.

    `began` orders by age as the API writes times; `leaving` says that it is on its way out.
    """

    name: str
    uid: str
    began: str
    counts: Amounts
    leaving: bool = False


def excess(used: Amounts, allowed: Amounts) -> dict[str, int]:
    """By how much use is above what is allowed; keys without a limit are free."""
    return {key: used[key] - most for key, most in allowed.items() if used.get(key, 0) > most}


def victims(pods: Iterable[Tenancy], allowed: Amounts) -> tuple[Tenancy, ...]:
    """Pods without which the rest fits: youngest first, and none that could stay.

    What is leaving is not there any more. A pod goes only where it counts in what is over.
    """
    used: Counter[str] = Counter()
    staying = [pod for pod in pods if not pod.leaving]
    for pod in staying:
        used.update(pod.counts)
    chosen = []
    for pod in sorted(staying, key=lambda pod: (pod.began, pod.name), reverse=True):
        if any(pod.counts.get(key) for key in excess(used, allowed)):
            chosen.append(pod)
            used.subtract(pod.counts)
    return tuple(pod for pod in reversed(chosen) if not _may_stay(pod, used, allowed))


def _may_stay(pod: Tenancy, used: Counter[str], allowed: Amounts) -> bool:
    """Put back into `used` what turns out to fit after all."""
    before = excess(used, allowed)
    used.update(pod.counts)
    if any(over > before.get(key, 0) for key, over in excess(used, allowed).items()):
        used.subtract(pod.counts)
        return False
    return True
