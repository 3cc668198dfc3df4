"""`manage.py audit_verify`: recompute every chain of the audit log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit_verify import chains_verify


class Command(BaseCommand):
    """Says which entry breaks its chain first, and fails then."""

    help = "Recompute all hash chains of the audit log; exit 1 at the first entry that is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the number of entries, or the first break of each chain."""
        result = chains_verify()
        for broken in result.breaks:
            self.stderr.write(f"chain {broken.chain or '(platform)'}: {broken.sentence()}")
        if result.breaks:
            message = f"The audit log was changed: {len(result.breaks)} broken chain(s)."
            raise CommandError(message)
        self.stdout.write(f"{result.entries} entries in {result.chains} chains are unbroken.")
