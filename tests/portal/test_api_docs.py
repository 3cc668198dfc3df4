"""The OpenAPI document and its reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, expect

from tests.browser.looking import page_open
from tests.portal.servers import uvicorn_running

WRITES = {"post", "put", "patch", "delete"}
ONLY_READS = {"/api/v1/placements:simulate/"}  # asked by POST for its body's sake


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("schema") / "schema.yaml"
    call_command("spectacular", file=str(path), validate=True, fail_on_warn=True)
    return yaml.safe_load(path.read_text())  # type: ignore[no-any-return]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def names(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


def test_the_document_is_valid_and_without_warnings(document: dict[str, Any]) -> None:
    assert "/api/v1/notices/" in document["paths"]


def test_every_write_names_key_and_dry_run(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if method in WRITES and path not in ONLY_READS:
            assert {"Idempotency-Key", "dryRun"} <= names(operation), (method, path)


def test_every_problem_has_the_one_shape(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (method, path)


def test_every_operation_says_401_and_404(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert {"401", "404", "429"} <= set(operation["responses"]), (method, path)


@pytest.mark.django_db
def test_the_document_and_its_script_are_served(client: Client) -> None:
    assert client.get("/api/v1/schema").status_code == 200
    page = client.get("/api/docs/")
    assert "<style" not in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


@pytest.mark.browser
def test_a_browser_shows_the_docs_without_a_csp_violation(
    browser: Browser, transactional_db: None, tmp_path: Path
) -> None:
    with uvicorn_running(tmp_path / "log", BERTH_DEBUG="1") as server:
        context = browser.new_context()
        page, said = page_open(context, f"{server.origin}/api/docs/", ready=".opblock")
        expect(page.locator(".opblock").nth(3)).to_be_visible()
        assert said == []
        context.close()
