"""Pages in Chinese say nothing in English that the catalogue has in Chinese.

The scan of sources (tests/architecture/test_texts.py) can't see a sentence that was translated too
early: kept in a row, put together from parts, or asked for before the reader's language was known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import polib
import pytest
from django.test import Client

from tests.architecture.text_scan import page_texts
from tests.browser.catalogue import PAGES, Row
from tests.browser.states import EMPTY
from tests.browser.world import World, world_make
from tests.people import People, Someone

CATALOGUE = Path(__file__).resolve().parents[2] / "portal/locale/zh_Hans/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
WORD = re.compile(r"[A-Za-z]{2,}")
# Between Chinese words, or beside one: a comma or colon of the other script.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff] ?[,;:!?]|[,;:!?] ?[\u4e00-\u9fff]")


def english() -> re.Pattern[str]:
    """Every translated text of two words and more; a single word may be a name."""
    texts = [
        text
        for entry in polib.pofile(str(CATALOGUE))
        for text in (entry.msgid, entry.msgid_plural)
        if text and entry.msgstr != text and len(WORD.findall(PLACEHOLDER.sub(" ", text))) > 1
    ]
    parts = (PLACEHOLDER.split(text.replace("%%", "%")) for text in texts)
    either = "|".join(".+".join(map(re.escape, each)) for each in parts)
    return re.compile(f"(?<![A-Za-z])(?:{either})(?![A-Za-z])")


def wrong_on(rows: Iterable[Row], people: People, world: World | None) -> dict[str, str]:
    """English text, or punctuation of English, and the first page that shows it."""
    known = english()
    return {
        text: page
        for text, page in texts_on(rows, people, world).items()
        if known.search(text) or HALF_WIDTH.search(text)
    }


def texts_on(rows: Iterable[Row], people: People, world: World | None) -> dict[str, str]:
    """Text and the first page that shows it, in Chinese."""
    clients: dict[str, Client] = {}
    shown: dict[str, str] = {}
    for row in rows:
        who: Someone | None = getattr(people, row.who, getattr(world, row.who, None))
        if row.who not in clients:
            clients[row.who] = who.client() if who else Client()
        clients[row.who].cookies["berth_language"] = "zh-hans"
        answer = clients[row.who].get(row.path.format(**(world.names() if world else {})))
        for text in page_texts(answer.content.decode()):
            shown.setdefault(text, row.name)
    return shown


@pytest.mark.django_db
def test_an_empty_installation_is_in_chinese(people: People) -> None:
    assert wrong_on(EMPTY, people, None) == {}


@pytest.mark.django_db
def test_a_busy_installation_is_in_chinese(people: People) -> None:
    assert wrong_on(PAGES, people, world_make(people)) == {}


def test_english_is_told_from_names() -> None:
    known = english()

    assert known.search("正在等待余量。Quota cap of a parent")
    assert known.search("3 of 4 pods run.")
    assert not known.search("Computer Vision")
    assert not known.search("节点 ams1-h100-01")
