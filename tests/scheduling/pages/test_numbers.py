"""Amounts on pages carry their exact value, in base units, wherever the shown number is scaled."""

from __future__ import annotations

import re

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota
from tests.people import People
from tests.scheduling.pages.seed import GIB, Seed

CPU = ' title="{:,} milli-cores"'
MEMORY = ' title="{:,} bytes"'
TILE = '<span class="b-kpi-value"{}>{}'
NUMBER = "<span{}>{}</span>"
CORES = re.compile(r"<span title=.[\d,]+ milli-cores.>[\d,.]+</span>")

# page: who looks, and what stands there; vision has 192 cores and 1,536 GiB of the pool h100
SHOWN = {
    "/ops/": (
        "operator",
        TILE.format(' title="524,000 milli-cores / 576,000 milli-cores"', ""),
        NUMBER.format(CPU.format(96_000), "96"),
        NUMBER.format(CPU.format(94_000), "94"),
    ),
    "/ops/quota/?pool=h100": (
        "auditor",
        f'<b class="b-quota-g"{CPU.format(192_000)}>192</b>',
        f"{CPU.format(40_000)}>40</a>",
        f"usable <b>{NUMBER.format(CPU.format(384_000), '384')}</b>",
    ),
    "/ops/quota/{cpu}/": (
        "operator",
        TILE.format(CPU.format(192_000), "192"),
        f"<b>{NUMBER.format(CPU.format(192_000), '192')}</b>",
        NUMBER.format(CPU.format(16_000), "+16"),
    ),
    "/ops/nodes/ams-1/ams1-h100-01/": (
        "operator",
        TILE.format(CPU.format(96_000), "96"),
        TILE.format(MEMORY.format(960 * GIB), "960"),
        NUMBER.format(MEMORY.format(960 * GIB), "960"),
    ),
    "/ops/clusters/ams-1/": (
        "operator",
        TILE.format(CPU.format(480_000), "480"),
        f"of {NUMBER.format(CPU.format(480_000), '480')} installed",
        f"of {NUMBER.format(MEMORY.format(4800 * GIB), '4,800 GiB')} installed",
    ),
    "/t/vision/quota/": (
        "alice",
        NUMBER.format(CPU.format(192_000), "192"),
        NUMBER.format(MEMORY.format(1536 * GIB), "1,536"),
        f"<b>{NUMBER.format(CPU.format(192_000), '192 cores')}</b>",
    ),
    "/t/vision/quota/home/": ("alice", NUMBER.format(MEMORY.format(1536 * GIB), "1,536")),
    "/t/vision/allocations/{active}/": (
        "alice",
        f"<td>{NUMBER.format(CPU.format(16_000), '+16')}</td>",
        f">{NUMBER.format(CPU.format(8_000), '8')}</td>",
    ),
}


@pytest.fixture
def numbers(seed: Seed) -> dict[str, int]:
    """What stands for the words in the addresses."""
    with scope(Viewer.system("tests")):
        quota = Quota.objects.get(tenant_key="vision", pool=seed.pools["h100"], resource="cpu")
    return {"cpu": quota.pk, "active": seed.active.pk}


@pytest.mark.parametrize("page", SHOWN)
def test_a_scaled_amount_says_exactly_what_it_is(
    people: People, numbers: dict[str, int], page: str
) -> None:
    who, *expected = SHOWN[page]
    body = getattr(people, who).client().get(page.format(**numbers)).content.decode()
    assert [text for text in expected if text not in body] == []
    assert "&lt;span" not in body
    assert 'title="<' not in body


def test_a_typed_amount_shows_what_is_wrong_with_it_instead(people: People, seed: Seed) -> None:
    client = people.operator.client()
    page = client.get("/ops/quota/?pool=h100").content.decode()
    (box,) = re.findall(r"<input [^>]*Guaranteed, vision, CPU[^>]*>", page)
    assert CPU.format(192_000) in box
    (name,) = re.findall(r'name="v-([^"]+)"', box)
    (sent,) = re.findall(rf'name="o-{name}" value="([^"]*)"', page)
    typed = {f"v-{name}": "many", f"o-{name}": sent, "act": "check"}
    refused = client.post("/ops/quota/?pool=h100", typed).content.decode()
    (box,) = re.findall(r"<input [^>]*Guaranteed, vision, CPU[^>]*>", refused)
    assert 'title="Give a number' in box
    assert "milli-cores" not in box


def test_the_effect_of_a_change_is_exact_too(people: People, seed: Seed) -> None:
    client, page = people.operator.client(), "/ops/quota/?pool=h100"
    grid = client.get(page).content.decode()
    (name,) = re.findall(r'name="v-([^"]+)" value="192"', grid)
    (sent,) = re.findall(rf'name="o-{name}" value="([^"]*)"', grid)
    typed = {f"v-{name}": "200", f"o-{name}": sent}
    body = client.post("/ops/quota/effect/?pool=h100", typed).content.decode()
    assert len(CORES.findall(body)) >= 2
    assert NUMBER.format(CPU.format(8_000), "+8") in body
