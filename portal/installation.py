"""Which installation this is: the id on every object that Berth makes in a cluster."""

from __future__ import annotations

import uuid

from django.conf import settings

from portal.models.installation import Installation


def installation_id() -> str:
    """The id from the environment, else the database's own, made at the first question.

    A label value of Kubernetes; two Berths on one cluster tell their objects apart by it.
    """
    if settings.INSTALLATION_ID:
        return str(settings.INSTALLATION_ID)
    row, _made = Installation.objects.get_or_create(id=1, defaults={"key": uuid.uuid4().hex[:16]})
    return row.key
