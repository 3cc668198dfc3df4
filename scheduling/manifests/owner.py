"""The labels by which an object of Berth is told from somebody else's."""

from __future__ import annotations

from dataclasses import dataclass

from inventory import labels


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose object it is: installation and tenant, and the allocation and generation if any."""

    installation: str
    tenant_key: str
    allocation_id: int | None = None
    generation: int | None = None

    def labels(self) -> dict[str, str]:
        """The labels as they stand on the object."""
        found = {labels.INSTALLATION: self.installation, labels.TENANT: self.tenant_key}
        if self.allocation_id is not None:
            found[labels.ALLOCATION] = str(self.allocation_id)
        if self.generation is not None:
            found[labels.GENERATION] = str(self.generation)
        return found

    def owns(self, found: dict[str, str] | None) -> bool:
        """Tell whether labels found on an object are exactly this owner's."""
        return all((found or {}).get(key) == value for key, value in self.labels().items())
