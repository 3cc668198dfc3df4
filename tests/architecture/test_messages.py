"""Every text of the interface has its Chinese, with the same placeholders."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from deploy.setup import messages


def test_the_catalogue_is_complete() -> None:
    problems = messages.problems_find()

    assert not problems, f"{messages.UPDATE}, then translate:\n" + "\n".join(problems[:30])


@pytest.mark.parametrize(
    ("msgid", "msgstr", "flags", "words"),
    [
        ("Nodes", "", [], "not translated"),
        ("Nodes", "节点", ["fuzzy"], "not translated"),
        ("%(count)s nodes", "%(number)s 个节点", [], "other placeholders"),
        ("Nodes, pods", "节点, Pod", [], "half width"),
    ],
)
def test_a_fault_in_the_catalogue_is_found(
    msgid: str,
    msgstr: str,
    flags: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid=msgid, msgstr=msgstr, flags=flags))
    catalogue.save(str(tmp_path / "django.po"))
    monkeypatch.setattr(messages, "CATALOGUE", tmp_path / "django.po")
    monkeypatch.setattr(messages, "gettext_found", lambda: False)

    assert any(words in problem for problem in messages.problems_find())
