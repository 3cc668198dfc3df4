"""Finds text for people that gettext never sees: in templates, in scripts, in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

# Words that are the same in every language.
NAMES = re.compile(r"\b(Berth|GiB|API|REST|CSV|CPU|GPUs?|Kubernetes|kubeconfig|curl|berth_\w*)\b")
WORD = re.compile(r"[A-Za-z]{2,}")

# What Django takes out before HTML is left; translated text goes with its tag.
TAGS = re.compile(
    r"{#.*?#}"
    r"|{%\s*comment\b.*?endcomment\s*%}"
    r"|{%\s*block (?:\w*class|width)\s*%}.*?{%\s*endblock[^%]*%}"
    r"|{%\s*blocktranslate\b.*?endblocktranslate\s*%}"
    r"|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
# A literal within a tag that begins like a text: {% chip "Draft" %}, {{ x|default:"None" }}.
LITERAL = re.compile(r"""(?<!_\()(["'])([A-Z][a-z]+[^"']*)\1""")
SILENT = re.compile(r"{%\s*(translate|blocktranslate|comment|block|if|elif)\b|{#")
PROSE_ATTRIBUTES = {
    *("title", "placeholder", "aria-label", "alt", "label", "data-label", "lede", "note", "hint"),
    *("sub", "unit", "heading", "summary", "done", "words", "words-one", "words-none"),
}
PLAIN_ELEMENTS = {"script", "style", "code", "pre", "kbd"}
VOID_ELEMENTS = {"input", "br", "img", "meta", "link", "hr", "path", "use", "rect", "col", "circle"}

SCRIPT_PIECE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL
)
# A capital and small letters, or three plain words; keys, errors and headers are no text.
SCRIPT_TEXT = re.compile(r"[A-Z][a-z]+\b(?!-)|[a-z]+( [a-z]+){2,}$")
SCRIPT_NAMES = re.compile(r"(Escape|Enter|Tab|Home|End|Delete|Backspace|\w+Error)$")

GETTEXT = {"_", *(f"{name}{lazy}" for name in ("gettext", "ngettext") for lazy in ("", "_lazy"))}
GETTEXT |= {f"{name}{lazy}" for name in ("pgettext", "npgettext") for lazy in ("", "_lazy")}
ERRORS = {"Conflict", "Denied", "Invalid", "NotFound", "Unavailable", "ValidationError"}
SHOWN = {"label", "verbose_name", "empty_label", "caption"}


class _Markup(HTMLParser):
    """Collects (line, text) of what a person reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # An element that names its language says the same to everybody, as the switch does.
        apart = tag in PLAIN_ELEMENTS or (
            tag != "html" and any(name == "lang" for name, _ in attrs)
        )
        if tag not in VOID_ELEMENTS:
            self.open.append((tag, apart))
        for name, value in attrs:
            prose = name in PROSE_ATTRIBUTES or (tag == "c-def" and name == "name")
            if prose and not apart:
                self._keep(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(apart for _, apart in self.open):
            self._keep(data)

    def _keep(self, text: str) -> None:
        if WORD.search(NAMES.sub("", text)):
            self.found.append((self.getpos()[0], " ".join(text.split())))


def markup_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of a template's texts outside of translate tags."""
    for tag in TAGS.finditer(source):
        if not SILENT.match(tag[0]):
            for literal in LITERAL.finditer(tag[0]):
                if WORD.search(NAMES.sub("", literal[2])):
                    yield source.count("\n", 0, tag.start()) + 1, literal[2]
    parser = _Markup()
    parser.feed(TAGS.sub(lambda tag: "\n" * tag[0].count("\n"), source))
    parser.close()
    yield from parser.found


def page_texts(page: str) -> set[str]:
    """All that a person reads on a page, as it came; code and text in a named language apart."""
    parser = _Markup()
    parser.feed(page)
    parser.close()
    return {text for _line, text in parser.found}


def script_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of a script's literals that look like words for people."""
    for piece in SCRIPT_PIECE.finditer(source):
        text = piece[0][1:-1]
        if piece[0].startswith("/") or SCRIPT_NAMES.match(text) or not SCRIPT_TEXT.match(text):
            continue
        yield source.count("\n", 0, piece.start()) + 1, text


def python_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of errors and labels without gettext, and of gettext that is not found.

    xgettext looks neither into an f-string nor at one.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            yield from (
                (call.lineno, ast.unparse(call)) for call in calls if _name(call) in GETTEXT
            )
        if not isinstance(node, ast.Call):
            continue
        texts = [keyword.value for keyword in node.keywords if keyword.arg in SHOWN]
        if _name(node) in ERRORS:
            texts += node.args[:1]
        if _name(node) in GETTEXT:
            texts += [each for each in node.args if isinstance(each, ast.JoinedStr)]
        yield from ((text.lineno, ast.unparse(text)) for text in texts if _worded(text))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _worded(node: ast.expr) -> bool:
    """A literal with a capital letter or several words; codes such as "anonymous" are none."""
    if isinstance(node, ast.JoinedStr):
        text = " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    else:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return bool(re.search(r"[A-Z][a-z]+|[a-z]+ [a-z]+", NAMES.sub("", text)))
