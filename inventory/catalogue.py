"""Common accelerators: names for quota, sizes, and the labels by which clusters show them. Pure.

Label values are those that NVIDIA's gpu-feature-discovery and AMD's node labeller write
(nvidia.com/gpu.product, amd.com/gpu.product-name); MIG partitions as the "mixed" strategy names
their resources.
"""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024**3
NVIDIA_KEY = "nvidia.com/gpu"
NVIDIA_LABEL = "nvidia.com/gpu.product"
AMD_KEY = "amd.com/gpu"
AMD_LABEL = "amd.com/gpu.product-name"


@dataclass(frozen=True, slots=True)
class Device:
    """One type with the resource key and the sets of node labels that mean it."""

    name: str
    title: str
    vendor: str
    memory_bytes: int
    resource_key: str
    label_sets: tuple[dict[str, str], ...]
    weight_milli: int = 1000


def _nvidia(name: str, title: str, memory_gib: int, *products: str) -> Device:
    labels = tuple({NVIDIA_LABEL: product} for product in products)
    return Device(name, title, "NVIDIA", memory_gib * GIB, NVIDIA_KEY, labels)


def _amd(name: str, title: str, memory_gib: int, *products: str) -> Device:
    labels = tuple({AMD_LABEL: product} for product in products)
    return Device(name, title, "AMD", memory_gib * GIB, AMD_KEY, labels)


def _mig(name: str, title: str, memory_gib: int, key: str, product: str, weight: int) -> Device:
    labels = ({NVIDIA_LABEL: product},)
    memory = memory_gib * GIB
    return Device(name, title, "NVIDIA", memory, f"nvidia.com/{key}", labels, weight)


DEVICES: tuple[Device, ...] = (
    _nvidia("b200", "B200 180 GB", 180, "NVIDIA-B200"),
    _nvidia("h200", "H200 141 GB", 141, "NVIDIA-H200"),
    _nvidia("h100", "H100 80 GB", 80, "NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe"),
    _nvidia("h100-nvl", "H100 NVL 94 GB", 94, "NVIDIA-H100-NVL"),
    _nvidia("h20", "H20 96 GB", 96, "NVIDIA-H20"),
    _nvidia(
        "a100-80",
        "A100 80 GB",
        80,
        "NVIDIA-A100-SXM4-80GB",
        "NVIDIA-A100-80GB-PCIe",
    ),
    _nvidia(
        "a100-40",
        "A100 40 GB",
        40,
        "NVIDIA-A100-SXM4-40GB",
        "NVIDIA-A100-PCIE-40GB",
    ),
    _nvidia("l40s", "L40S 48 GB", 48, "NVIDIA-L40S"),
    _nvidia("l40", "L40 48 GB", 48, "NVIDIA-L40"),
    _nvidia("l4", "L4 24 GB", 24, "NVIDIA-L4"),
    _nvidia("a40", "A40 48 GB", 48, "NVIDIA-A40"),
    _nvidia("a30", "A30 24 GB", 24, "NVIDIA-A30"),
    _nvidia("a10", "A10 24 GB", 24, "NVIDIA-A10"),
    _nvidia("a6000", "RTX A6000 48 GB", 48, "NVIDIA-RTX-A6000"),
    _nvidia("v100-32", "V100 32 GB", 32, "Tesla-V100-SXM2-32GB", "Tesla-V100-PCIE-32GB"),
    _nvidia("t4", "T4 16 GB", 16, "Tesla-T4"),
    _mig("h100-1g-10", "H100 slice 1g.10gb", 10, "mig-1g.10gb", "NVIDIA-H100-80GB-HBM3", 143),
    _mig("h100-2g-20", "H100 slice 2g.20gb", 20, "mig-2g.20gb", "NVIDIA-H100-80GB-HBM3", 286),
    _mig("h100-3g-40", "H100 slice 3g.40gb", 40, "mig-3g.40gb", "NVIDIA-H100-80GB-HBM3", 429),
    _mig("a100-80-1g-10", "A100 slice 1g.10gb", 10, "mig-1g.10gb", "NVIDIA-A100-SXM4-80GB", 143),
    _mig("a100-80-3g-40", "A100 slice 3g.40gb", 40, "mig-3g.40gb", "NVIDIA-A100-SXM4-80GB", 429),
    _amd("mi300x", "Instinct MI300X 192 GB", 192, "AMD_Instinct_MI300X_OAM"),
    _amd("mi325x", "Instinct MI325X 256 GB", 256, "AMD_Instinct_MI325X_OAM"),
    _amd("mi250x", "Instinct MI250X 128 GB", 128, "AMD_Instinct_MI250X"),
)
