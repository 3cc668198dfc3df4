"""Tags, tables, filters and forms give the markup that the kit promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from portal.errors import Invalid
from portal.refusal import Refusal
from portal.ui import html
from portal.ui.filters import filters_in_force
from portal.ui.forms import Segmented, UnitInput
from portal.ui.gallery.forms import SampleFilter
from portal.ui.tables import AmountColumn, BerthTable, NameColumn, NumberColumn, table_build
from portal.ui.views import theme_set

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


class CoreTable(BerthTable):
    """Two columns."""

    caption = "Cores"
    name = NameColumn(url=lambda row: f"/{row['name']}/", context=lambda row: "in R1")
    cpu = AmountColumn(resource="cpu")
    used = NumberColumn()


class SizeForm(forms.Form):
    """One field of each kind that has a template of its own."""

    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=Segmented)
    memory = forms.IntegerField(widget=UnitInput("GiB"), help_text="Per replica.", max_value=9)
    note = forms.CharField(required=False)
    agreed = forms.BooleanField()
    zones = forms.MultipleChoiceField(
        choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
    )


def table_html(query: str = "", rows: list[dict[str, Any]] | None = None) -> str:
    request = RequestFactory().get(f"/list/?{query}")
    if rows is None:
        rows = [{"name": f"n{n}", "cpu": n * 1000, "used": None} for n in range(60)]
    table = table_build(CoreTable, rows, request=request, per_page=25)
    return render_to_string("tables/table.html", {"table": table, "request": request})


def test_a_table_names_itself_and_labels_its_cells() -> None:
    text = table_html()
    assert "<caption>Cores</caption>" in text
    assert 'data-label="Cpu"' in text
    assert text.count("<tr ") == 26
    assert "not reported" in text


def test_a_sorted_column_says_so_and_links_to_the_other_way() -> None:
    text = table_html("sort=cpu&page=2&state=ok")
    assert 'aria-sort="ascending"' in text
    assert "sort=-cpu" in text
    assert "state=ok" in text


def test_a_page_that_does_not_exist_is_the_last_one() -> None:
    assert "51 to 60 of 60" in table_html("page=99")
    assert "1 to 25 of 60" in table_html("page=zero")


@pytest.mark.parametrize("size", ["10", "-5", "1e9", "", "1000000"])
def test_page_sizes_are_those_offered(size: str) -> None:
    assert "1 to 25 of 60" in table_html(f"per_page={size}")


def test_an_empty_table_tells_no_rows_from_no_matches() -> None:
    assert "Nothing here yet" in table_html(rows=[])
    assert "Nothing matches these filters" in table_html("state=ok", rows=[])


def test_sorting_and_pages_are_no_filters() -> None:
    request = RequestFactory().get("/?sort=cpu&page=2&per_page=50")
    assert not filters_in_force(request)
    assert filters_in_force(RequestFactory().get("/?q=x"))


def test_the_query_tag_changes_one_parameter() -> None:
    request = RequestFactory().get("/?q=a&page=2")
    template = Template("{% query page=3 %} {% query page=None %}")
    assert template.render(Context({"request": request})) == "?q=a&amp;page=3 ?q=a"


def test_the_query_tag_changes_a_parameter_that_is_named_elsewhere() -> None:
    request = RequestFactory().get("/?page=2&moves=3")
    template = Template("{% query name 4 %} {% query name None per_page=25 %}")
    found = template.render(Context({"request": request, "name": "moves"}))
    assert found == "?page=2&amp;moves=4 ?page=2&amp;per_page=25"


def test_names_are_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>"
    texts = [
        html.status_html("ok", evil),
        html.chip_html(evil, "ok"),
        html.two_lines_html(evil, evil, "/x/"),
        Template("{% icon 'x' 16 label %}").render(Context({"label": evil})),
        table_html(rows=[{"name": evil, "cpu": 1, "used": 1}]),
    ]
    assert all("<script>" not in text for text in texts)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("n|number_of:'cpu'", '<span title="1,500 milli-cores">1.5</span>'),
        ("n|signed:'cpu'", '<span title="1,500 milli-cores">+1.5</span>'),
        ("n|amount:'cpu'", '<span title="1,500 milli-cores">1.5 cores</span>'),
        ("n|number_of:'memory'", '<span title="1,500 bytes">0</span>'),
        ("n|number_of:'h100'", "1,500"),
        ("none|number_of:'cpu'", "not reported"),
        ("n|digits_of:'cpu'", "1.5"),
        ("n|exact_of:'cpu'", "1,500 milli-cores"),
        ("n|exact_of:'h100'", ""),
    ],
)
def test_a_scaled_number_says_exactly_what_it_is_on_hover(shown: str, text: str) -> None:
    template = Template("{{ " + shown + " }}")
    assert template.render(Context({"n": 1500, "none": None})) == text


def test_what_is_markup_stands_in_no_attribute() -> None:
    in_attribute = re.compile(r'[\w-]+="[^"<>]*\|(?:number_of|signed|amount):')
    found = {
        path.name: wrong[0]
        for path in TEMPLATES.rglob("*.html")
        if (wrong := in_attribute.findall(path.read_text()))
    }
    assert found == {}


def test_a_key_number_says_exactly_what_it_is_on_hover() -> None:
    words = "label='CPU' value=\"{{ n|digits_of:'cpu' }}\" exact=\"{{ n|exact_of:'cpu' }}\""
    template = Template("{% cotton kpi " + words + " %}{% endcotton %}")
    text = template.render(Context({"n": 1500}))
    assert '<span class="b-kpi-value" title="1,500 milli-cores">1.5</span>' in text
    plain = Template("{% cotton kpi label='Jobs' value='3' %}{% endcotton %}").render(Context())
    assert '<span class="b-kpi-value">3</span>' in plain


def test_a_status_has_a_shape_and_a_word() -> None:
    text = html.status_html("danger", "Failed")
    assert "#alert-octagon" in text
    assert "Failed" in text


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "fresh"), (30, "fresh"), (31, "late"), (90, "late"), (91, "gone")]
)
def test_freshness_turns_at_one_and_three_intervals(seconds: int, level: str) -> None:
    assert html.fresh_level(timedelta(seconds=seconds), 30) == level


def test_a_source_that_is_gone_is_never_fresh() -> None:
    text = html.fresh_html("ams-1", timezone.now(), 30, gone=True)
    assert "b-fresh-gone" in text
    assert "b-dot" not in text
    assert "data-interval" not in text  # nor does the browser count it back


def test_freshness_without_a_time_is_not_reported() -> None:
    assert "not reported" in html.fresh_html("usage", None, 30)


def test_an_age_carries_the_moment_for_machines_and_hover() -> None:
    at = datetime(2026, 11, 24, 8, 20, 41, tzinfo=UTC)
    text = html.rel_time_html(at)
    assert 'datetime="2026-11-24T08:20:41+00:00"' in text
    assert 'title="Tue 24 Nov 2026, 08:20:41 UTC"' in text


def test_an_age_in_a_sentence_says_ago_and_a_bare_one_does_not() -> None:
    at = timezone.now() - timedelta(minutes=5)
    said = Template("{% rel_time at ago=True %}|{% rel_time at %}").render(Context({"at": at}))
    sentence, bare = said.split("|")
    assert sentence == f"<span>{bare} ago</span>"
    assert html.rel_time_html(None, ago=True) == "–"


LEAVING = ("inventory", "tenants", "portal", "scheduling", "components", "requests")
ELSEWHERE = {"quota_grid.html", "settings.html"}  # those lead elsewhere


def test_what_leaves_a_form_or_dialog_has_one_name() -> None:
    found = {
        f"{path.name}: {word}"
        for folder in LEAVING
        for path in (TEMPLATES / folder).glob("*.html")
        if path.name not in ELSEWHERE
        for line in path.read_text().splitlines()
        if "b-form-foot" in line or 'name="foot"' in line
        for word in re.findall(r'(?:href="[^>]*"|data-close[^>]*)>\{% translate "([^"]*)"', line)
    }
    assert {entry for entry in found if not entry.endswith(": Cancel")} == set()
    assert len(found) >= 15


def test_a_field_has_its_label_hint_and_error_wired() -> None:
    form = SizeForm({"kind": "a", "memory": "99"})
    form.is_valid()
    text = str(form["memory"].as_field_group())
    assert '<label for="id_memory">' in text
    assert 'aria-describedby="id_memory_helptext id_memory_error"' in text
    assert 'id="id_memory_error"' in text
    assert 'aria-invalid="true"' in text
    assert ">GiB<" in text


def test_choices_side_by_side_are_a_fieldset() -> None:
    text = str(SizeForm()["kind"].as_field_group())
    assert "<fieldset" in text
    assert "<legend" in text
    assert text.count('type="radio"') == 2
    assert text.count('id="id_kind"') == 1  # what an error above the form leads to


def test_an_optional_field_says_so() -> None:
    assert "optional" in str(SizeForm()["note"].as_field_group())


def test_one_checkbox_stands_before_its_label_and_several_in_a_group() -> None:
    lone, several = (str(SizeForm()[name].as_field_group()) for name in ("agreed", "zones"))
    assert "b-field-check" in lone
    assert "<fieldset" not in lone
    assert "b-field-check" not in several
    assert "<legend" in several
    assert several.count('type="checkbox"') == 2
    assert several.count('id="id_zones"') == 1


def test_a_refusal_without_numbers_says_so_once_and_what_was_asked() -> None:
    refusal = Refusal(rule="r", scope="a parent", dimension="cpu", asked=16_000)
    text = Template('{% cotton refusal :refusal="refusal" %}{% endcotton %}').render(
        Context({"refusal": refusal})
    )
    asked = '<span title="16,000 milli-cores">16 cores</span> asked'
    assert text.count(asked) == text.count("whose numbers you may not see") == 1
    assert "not shown" not in text
    assert "b-bar" not in text


def test_a_refusal_names_all_nine_things() -> None:
    refusal = Refusal(
        rule="quota-cap", scope="speech", dimension="h100", limit=48, now=36, asked=16,
        short_by=4, who="its owner", next_step="Ask for 4", next_url="/ask/",
    )  # fmt: skip
    for given in (refusal, refusal.as_dict()):
        text = render_to_string("errors/_fragment.html", {"title": "No", "refusal": given})
        for word in ("quota-cap", "speech", ">48<", ">36<", ">+16<", ">4<", "its owner", "/ask/"):
            assert word in text, word


def test_the_curl_tag_shows_no_token_and_quotes_the_body() -> None:
    template = Template("{% curl 'POST' '/api/v1/x/' body as call %}{{ call|safe }}")
    text = template.render(Context({"body": '{"a": "it\'s"}'}))
    assert "$BERTH_TOKEN" in text
    assert "Idempotency-Key" in text
    assert "'{\"a\": \"it'\\''s\"}'" in text


def test_the_theme_is_kept_in_a_cookie_and_nothing_else_is_taken(rf: RequestFactory) -> None:
    answer = theme_set(rf.post("/ui/theme/", {"theme": "dark", "next": "/ops/"}))
    assert answer.cookies["berth_theme"].value == "dark"
    assert answer["Location"] == "/ops/"
    away = theme_set(rf.post("/ui/theme/", {"theme": "dark", "next": "https://evil.example/"}))
    assert away["Location"] == "/"
    with pytest.raises(Invalid):
        theme_set(rf.post("/ui/theme/", {"theme": "blue"}))


def test_chips_say_what_is_filtered_and_how_to_undo_it() -> None:
    data = QueryDict("q=n1&state=ok&sort=cpu&page=3")
    found = SampleFilter(data, [])
    chips = [(chip.label, chip.value, chip.remove_url) for chip in found.chips]
    assert chips == [
        ("Name", "n1", "?state=ok&sort=cpu"),
        ("State", "Ready", "?q=n1&sort=cpu"),
    ]
    assert found.clear_url == "?sort=cpu"
    assert found.kept == [("sort", "cpu")]
