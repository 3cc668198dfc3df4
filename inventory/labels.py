"""The label keys that are Berth's own on objects of a cluster."""

from __future__ import annotations

PREFIX = "berth.dev/"
TENANT = f"{PREFIX}tenant"
POOL = f"{PREFIX}pool"
INSTALLATION = f"{PREFIX}installation"
ALLOCATION = f"{PREFIX}allocation"  # value: the allocation's id
GENERATION = f"{PREFIX}generation"
KIND = f"{PREFIX}kind"  # of a namespace: managed or open
JOB = f"{PREFIX}job"
DEVICES = f"{PREFIX}devices"  # annotation of a namespace: allowed resource keys, by commas
TOLERATIONS = f"{PREFIX}tolerations"  # annotation of an open namespace: the pool's taint keys

KIND_MANAGED = "managed"
KIND_OPEN = "open"

FIELD_MANAGER = "berth"
SYSTEM_NAMESPACE = "berth-system"
SERVICE_ACCOUNT = "berth"
USERNAME = f"system:serviceaccount:{SYSTEM_NAMESPACE}:{SERVICE_ACCOUNT}"


def own_labels(labels: dict[str, str]) -> dict[str, str]:
    """The labels that Berth reads; a tenant's other labels are none of its business."""
    return {key: value for key, value in labels.items() if key.startswith(PREFIX)}
