"""Words that stand in a tenant's data and nowhere else: whoever reads one has seen that tenant.

A tenant's key is a word of its own, so everything named after it (namespaces, addresses, user
names) carries it. Its text word stands in titles, reasons, notes and logs, and no request of
these tests ever sends it: not even an echo explains it.
"""

from __future__ import annotations

UPPER = "zqupper"  # above alpha
ALPHA = "zqalpha"
BORDER = "zqborder"  # above bravo
BRAVO = "zqbravo"
ORDER = (UPPER, ALPHA, BORDER, BRAVO)
MISSING = "zqnobody"  # no tenant has this key

# Ids of one table begin far from those of any other, with as many digits as the missing one.
FIRST_ID = 41_000_000
STEP = 100_000
MISSING_ID = 99_999_999


def text_of(tenant_key: str) -> str:
    """The word in a tenant's texts."""
    return tenant_key.replace("zq", "vm")
