"""Logs: an event name plus fields, one record a line, and no secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client

from portal.logs import logging_configure, redact

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiZXJ0aCJ9.c2lnbmF0dXJl"
TOKEN = "berth_AbCdEfGhIjKl_" + "x" * 40
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    JWT,
    TOKEN,
    PEM,
    PEM.partition("\n-----END")[0],
    f"Authorization: Bearer {JWT}",
    "authorization: bearer abcdefgh.ijklmnop",
    "Basic dXNlcjpwYXNzd29yZA==",
    "postgresql://berth_app:s3cret-word@db/berth",
    "    token: sha256~abcdefghijklmnop",
]
NEEDLES = ["c2lnbmF0dXJl", "xxxxxxxx", "MIIEow", "ijklmnop", "dXNlcj", "s3cret-word"]


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """The real configuration, writing into a text instead of to stderr."""
    logging_configure({"format": request.param})
    sink = io.StringIO()
    (handler,) = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    handler.setStream(sink)
    yield sink.getvalue
    logging_configure(settings.LOGGING)


def fail(text: str) -> None:
    raise RuntimeError(text)


@pytest.mark.parametrize("secret", SECRETS, ids=range(len(SECRETS)))
def test_no_secret_leaves_by_any_way(written: Callable[[], str], secret: str) -> None:
    log = structlog.get_logger("portal.test")
    log.info("test.event", value=secret, inner={"list": [secret]}, kubeconfig={"users": secret})
    log.info(secret)
    logging.getLogger("other.library").warning("connecting with %s", secret)
    try:
        fail(secret)
    except RuntimeError:
        log.exception("test.failed")
        logging.getLogger("other.library").exception("failed with %s", secret)
    text = written()
    assert text.count("[redacted]") >= 5
    assert [needle for needle in NEEDLES if needle in text] == []


def test_secret_names_hide_their_values() -> None:
    hidden = redact({"Token": "abc", "password": "x", "token_id": 7, "cookie": "", "k": b"raw"})
    assert hidden == {
        "Token": "[redacted]",
        "password": "[redacted]",
        "token_id": 7,
        "cookie": "",
        "k": "<3 bytes>",
    }


def test_redact_leaves_ordinary_words() -> None:
    words = "Bearer of good news: berth_outbox is at https://berth.example/t/vision/?a=b"
    assert redact(words) == words


def test_a_field_can_not_begin_a_record(written: Callable[[], str]) -> None:
    forged = "x\r\n2026-01-01T00:00:00Z [info] all.fine\x1b[2K\u2028y\x00"
    log = structlog.get_logger("portal.test")
    log.info("test.event", value=forged)
    try:
        fail(forged)
    except RuntimeError:
        log.exception("test.failed")
    for line in written().splitlines():
        assert not line.startswith("2026-01-01")
        assert "\x1b" not in line
        assert "\u2028" not in line


def test_free_text_becomes_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    logging_configure({"format": "json"})
    sink = io.StringIO()
    logging.getLogger().handlers[-1].setStream(sink)  # type: ignore[attr-defined]
    structlog.get_logger("portal.test").info("Something happened, dear reader")
    logging.getLogger("celery.worker").info("ready.")
    structlog.get_logger("portal.test").info("job.claimed", job_id=7)
    logging_configure(settings.LOGGING)
    found: list[dict[str, Any]] = [json.loads(line) for line in sink.getvalue().splitlines()]
    assert [(row["event"], row.get("message")) for row in found] == [
        ("log.portal.test", "Something happened, dear reader"),
        ("log.celery.worker", "ready."),
        ("job.claimed", None),
    ]
    assert found[2]["timestamp"].endswith("Z")
    assert (found[2]["level"], found[2]["logger"]) == ("info", "portal.test")


@pytest.mark.django_db
def test_a_request_is_one_record_without_its_query(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/api/v1/nowhere/?token=abc", headers={"X-Request-Id": "proxy-0123456"})
    (record,) = [r.msg for r in caplog.records if "http.request" in str(r.msg)]
    assert isinstance(record, dict)
    assert record["request_id"] == "proxy-0123456"
    assert (record["status"], record["path"]) == (404, "/api/v1/nowhere/")
    assert "abc" not in str(record)


@pytest.mark.django_db
def test_what_a_browser_refused_is_logged_in_part(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    report = {"csp-report": {"violated-directive": "script-src", "blocked-uri": "x" * 999, "z": 1}}
    for body in (json.dumps(report), "{", "[" * 5000, "[]", "7", '{"csp-report": 3}'):
        assert client.post("/csp-report", body, "application/csp-report").status_code == 204
    (record,) = [r.msg for r in caplog.records if "csp.violation" in str(r.msg)]
    assert isinstance(record, dict)
    assert (record["violated_directive"], len(record["blocked_uri"])) == ("script-src", 300)
    assert "z" not in record
