"""manage.py device_catalogue: common device types and how NVIDIA and AMD clusters spell them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inventory.catalogue import DEVICES
from inventory.models import DeviceMapping, DeviceType
from inventory.services.devices import device_mapping_create, device_type_create
from portal.scope import scope
from portal.viewer import Viewer

VIEWER = Viewer.system("device_catalogue")


class Command(BaseCommand):
    """Adds what is missing and changes nothing that is there."""

    help = "Add common device types with their mappings; safe to repeat."

    def handle(self, **_options: Any) -> None:
        """Add types and mappings, then say how many."""
        types = mappings = 0
        with scope(VIEWER):
            for device in DEVICES:
                if not DeviceType.objects.filter(name=device.name).exists():
                    device_type_create(
                        name=device.name,
                        title=device.title,
                        vendor=device.vendor,
                        memory_bytes=device.memory_bytes,
                        weight_milli=device.weight_milli,
                        viewer=VIEWER,
                    )
                    types += 1
                for labels in device.label_sets:
                    known = DeviceMapping.objects.filter(
                        cluster=None, resource_key=device.resource_key, node_labels=labels
                    )
                    if not known.exists():
                        device_mapping_create(
                            device_type=device.name,
                            resource_key=device.resource_key,
                            node_labels=labels,
                            viewer=VIEWER,
                        )
                        mappings += 1
        self.stdout.write(f"Added {types} device types and {mappings} mappings.")
