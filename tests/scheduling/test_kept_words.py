"""What a job keeps in English is read in the language of whoever looks."""

from __future__ import annotations

from django.utils import timezone, translation

from portal.jobs.outcome import Reason
from portal.jobs.shown import LogRow, log_text
from portal.jobs.words import reason_shown
from portal.models.jobs import JobLog
from portal.viewer import Viewer
from scheduling.selectors.refusals import refusal_of_quota
from scheduling.services.steps.place import NOT_YET, PLACED


def kept() -> dict[str, object]:
    """The reason of a job that waits for quota, as a worker writes it down."""
    refusal = refusal_of_quota(
        own_key="vision", scope_key="vision", resource="cpu", limit=8000, now=6000, asked=4000
    )
    return Reason("quota.cap", NOT_YET, {"why": refusal.sentence()}, refusal).as_dict()


def test_a_kept_refusal_is_read_in_the_active_language() -> None:
    with translation.override("en"):
        data = kept()

    with translation.override("zh-hans"):
        reason = reason_shown(data, viewer=Viewer.system("reader"))
        assert reason is not None
        assert reason.refusal is not None
        said = (reason.sentence(), reason.refusal.who, reason.refusal.next_step)

    assert all("\u4e00" <= text[0] <= "\u9fff" for text in said), said
    assert "refused" not in said[0]
    assert reason.refusal.limit == 8000


def test_a_line_of_the_log_is_read_in_the_active_language() -> None:
    line = JobLog(
        step="place", level="ok", text=PLACED, params={"cluster": "ams-1", "nodes": ["n1", "n2"]}
    )
    with translation.override("en"):
        assert log_text(line) == "Reserved quota and room on ams-1: n1, n2."
    with translation.override("zh-hans"):
        said, word = log_text(line), LogRow(timezone.now(), line.step, line.level, "").word

    assert said.endswith("：n1、n2。"), said
    assert "Reserved" not in said
    assert word == "正常"
