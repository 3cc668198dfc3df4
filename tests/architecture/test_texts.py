"""Every text for people goes through gettext."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.text_scan import markup_texts, python_texts, script_texts

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "inventory", "scheduling", "tenants")
# The gallery shows made-up names; commands and migrations speak to whoever runs them.
APART = {"gallery", "management", "migrations"}

Scan = Callable[[str], Iterator[tuple[int, str]]]


def texts_of(folder: str, suffix: str, scan: Scan) -> list[str]:
    """One line for each text found below a folder."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / folder).rglob(f"*{suffix}"))
        if not APART & set(path.parts)
        for line, text in scan(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("suffix", [".html", ".txt"])
def test_a_template_has_no_text_of_its_own(suffix: str) -> None:
    found = texts_of("templates", suffix, markup_texts)

    assert not found, "Use {% translate %} or {% blocktranslate %}:\n" + "\n".join(found)


def test_a_script_gets_its_words_from_the_page() -> None:
    found = texts_of("frontend/src/js", ".js", script_texts)

    assert not found, "Hand words in as attributes, translated:\n" + "\n".join(found)


@pytest.mark.parametrize("room", ROOMS)
def test_errors_and_labels_are_translated(room: str) -> None:
    found = texts_of(room, ".py", python_texts)

    assert not found, "Use gettext, with a plain literal:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("scan", "source", "text"),
    [
        (markup_texts, "<p>\nNo nodes</p>", "No nodes"),
        (markup_texts, '<p>{% if x %}{% translate "a" %}{% else %}none{% endif %}</p>', "none"),
        (markup_texts, '<button title="Close {{ name }}">', "Close"),
        (markup_texts, '<c-panel title="{{ a }}" note="all of it">', "all of it"),
        (markup_texts, '{% chip "Draft" "off" %}', "Draft"),
        (markup_texts, '{{ name|default:"Nobody" }}', "Nobody"),
        (script_texts, 'announce(words ?? "Copied");', "Copied"),
        (script_texts, "slot.textContent = `Page ${n}`;", "Page ${n}"),
        (script_texts, "fail('could not be read');", "could not be read"),
        (python_texts, 'raise Conflict("It is paused.", code="paused")', "'It is paused.'"),
        (python_texts, 'forms.CharField(label="Name")', "'Name'"),
        (python_texts, "f\"{a}, {_('open')}\"", "_('open')"),
        (python_texts, '_(f"{count} nodes left")', "f'{count} nodes left'"),
    ],
)
def test_a_text_without_gettext_is_found(scan: Scan, source: str, text: str) -> None:
    assert [found for _line, found in scan(source)] == [text]


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (markup_texts, '{# Made by. #}<p>{% translate "Made by" %} {{ who }} <b>GiB</b></p>'),
        (markup_texts, '<p title="{% blocktranslate %}Made by{% endblocktranslate %}">–</p>'),
        (markup_texts, '<c-button kind="danger" icon="trash" name="act" value="save" />'),
        (markup_texts, '{% chip _("Draft") "off" %}<code>kubectl get pods</code>'),
        (markup_texts, '<button lang="en" title="Switch to English">Switch to English</button>'),
        (script_texts, '// No text.\nimport "./a.js"; el.matches("input, tr:hover > a");'),
        (script_texts, 'if (event.key === "Escape") xhr.setRequestHeader("Content-Type", "b c");'),
        (python_texts, 'raise Conflict(_("It is paused."), code="cluster paused")'),
        (python_texts, 'Viewer(label="anonymous", text=f"{a} {b}")'),
    ],
)
def test_what_is_no_text_is_left_alone(scan: Scan, source: str) -> None:
    assert not list(scan(source))
