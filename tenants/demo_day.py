"""A working day of the demonstration: who holds what, and what waits for a decision. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["approve", "leave", "offer", "reject", "withdraw"]


@dataclass(frozen=True, slots=True)
class DayAsk:
    """One request for an allocation, and what becomes of it.

    `each` are devices per replica, cores where the pool has no devices. `starts` and `lasts` are
    hours from now, 0 for at once and for no end. `offer` is how many replicas the operator offers
    instead.
    """

    tenant: str
    name: str
    pool: str
    replicas: int
    each: int
    ending: Ending = "approve"
    kind: str = "workload"
    lasts: int = 0
    starts: int = 0
    priority: str = "normal"
    preemptible: bool = False
    why: str = ""
    said: str = ""
    offer: int = 0


@dataclass(frozen=True, slots=True)
class DayQuota:
    """One request for quota: this many devices more than the tenant is guaranteed."""

    tenant: str
    pool: str
    more: int
    why: str


# What is held.
HELD: tuple[DayAsk, ...] = (
    DayAsk("vision", "scene-pretrain", "h200", 3, 8, priority="high"),
    DayAsk("genomics", "protein-fold", "h200", 2, 8, lasts=96),
    DayAsk("vision", "depth-large", "h100", 3, 8),
    DayAsk("vision-detect", "label-server", "h100", 1, 1),
    DayAsk("vision-detect", "small-objects", "h100", 1, 4, lasts=40),
    DayAsk("vision-video", "clip-index", "h100", 2, 4),
    DayAsk("robotics", "grasp-policy", "h100", 2, 8, lasts=120),
    DayAsk("genomics", "variant-caller", "h100", 2, 8),
    DayAsk("speech", "dialect-train", "h100", 3, 8, priority="high"),
    DayAsk("speech", "voices", "h100", 1, 4, preemptible=True),
    DayAsk("translate", "teacher", "h100", 2, 8, lasts=72),
    DayAsk("forecast", "demand-model", "h100", 1, 8),
    DayAsk("quality", "defect-net", "h100", 1, 8),
    DayAsk("vision", "stereo", "a100-80", 3, 8),
    DayAsk("robotics", "sim-farm", "a100-80", 6, 4, preemptible=True),
    DayAsk("genomics", "sequence-model", "a100-80", 2, 8),
    DayAsk("search", "reranker", "a100-80", 4, 8),
    DayAsk("speech", "speakers", "a100-80", 4, 4),
    DayAsk("platform", "notebooks", "a100-80", 16, 1, kind="open"),
    DayAsk("forecast", "scenarios", "a100-80", 1, 4, lasts=20),
    DayAsk("vision", "sandbox", "a100", 8, 1, kind="open"),
    DayAsk("robotics", "perception", "a100", 1, 8),
    DayAsk("genomics", "assembly", "a100", 1, 8),
    DayAsk("search", "embeddings", "a100", 3, 4),
    DayAsk("platform", "build-gpu", "a100", 4, 2),
    DayAsk("vision", "serve-detect", "l40s", 12, 1),
    DayAsk("translate", "serve-text", "l40s", 10, 1),
    DayAsk("search", "serve-rank", "l40s", 16, 1),
    DayAsk("quality", "camera-lines", "l40s", 16, 1),
    DayAsk("translate", "captions", "l4", 5, 1),
    DayAsk("search", "completions", "l4", 10, 1),
    DayAsk("robotics", "teleop", "l4", 5, 1),
    DayAsk("quality", "edge-check", "l4", 8, 1),
    DayAsk("climate", "ensemble", "cpu", 24, 32),
    DayAsk("climate", "reanalysis", "cpu", 12, 48, lasts=60),
    DayAsk("forecast", "feature-store", "cpu", 12, 8),
    DayAsk("search", "indexer", "cpu", 16, 16),
    DayAsk("platform", "gateway", "cpu", 3, 4),
    DayAsk("vision", "prepare-data", "cpu", 4, 16),
)

# What is decided in another way, or not yet; the oldest is first.
ASKED: tuple[DayAsk, ...] = (
    DayAsk(
        "vision-video", "replay", "h100", 4, 8, "reject",
        why="Train on the whole archive.",
        said="Four nodes for one team in this week is too much. Ask again from Monday.",
    ),
    DayAsk(
        "search", "long-context", "a100-80", 3, 8, "withdraw",
        why="Longer documents. We found a cheaper way.",
    ),
    DayAsk(
        "quality", "defect-net-large", "h100", 3, 4, "offer", offer=2,
        why="The next line goes live this week; we need the larger model by then.",
        said="Two replicas now; the third when the translation run ends.",
    ),
    DayAsk(
        "robotics", "night-run", "a100", 1, 2, starts=7, lasts=19, preemptible=True,
        why="Every night, while nobody needs it.",
    ),
    DayAsk(
        "speech", "many-languages", "h200", 4, 8, "leave", priority="high", lasts=240,
        why="One model for all languages. It needs four whole nodes at once, or it takes a month.",
    ),
    DayAsk(
        "robotics", "policy-sweep", "h100", 1, 4, "leave", lasts=72,
        why="Four variants side by side before the review on Thursday.",
    ),
    DayAsk(
        "translate", "student", "h100", 1, 4, "leave", lasts=48,
        why="Distil the teacher while it still runs.",
    ),
)  # fmt: skip

QUOTA: tuple[DayQuota, ...] = (
    DayQuota("platform", "l4", 3, "Two more tenants move their inference to us in December."),
)

# Small runs that come and go all day: tenant, name, pool, devices or cores, least and most seconds.
PULSE: tuple[tuple[str, str, str, int, int, int], ...] = (
    ("vision", "evaluate", "h100", 1, 60, 200),
    ("vision-detect", "score", "h100", 1, 40, 120),
    ("speech", "align", "a100-80", 1, 60, 240),
    ("translate", "bleu", "l40s", 1, 30, 90),
    ("search", "probe", "a100", 1, 40, 160),
    ("genomics", "dock", "a100", 1, 80, 300),
    ("robotics", "rollout", "l4", 1, 60, 180),
    ("climate", "regrid", "cpu", 16, 60, 240),
    ("search", "crawl", "cpu", 8, 40, 120),
)
