"""The table of roles and verbs, spelled out a second time: a change must be meant twice."""

from __future__ import annotations

import re

import pytest

from tenants.roles import (
    ALL_VERBS,
    PLATFORM_TABLE,
    PLATFORM_VERBS,
    READ_VERBS,
    TENANT_VERBS,
    platform_role_verbs,
    role_change,
    scope_verbs,
    tenant_role_verbs,
)

VIEWER = {
    "tenant.view",
    "member.view",
    "pool.view",
    "quota.view",
    "request.view",
    "allocation.view",
    "audit.view",
    "job.view",
}
MEMBER = VIEWER | {
    "token.view",
    "token.create",
    "request.create",
    "allocation.edit",
    "allocation.release",
    "job.control",
}
OWNER = MEMBER | {"tenant.create", "tenant.edit", "member.edit", "token.edit"}


@pytest.mark.parametrize(
    ("role", "verbs"), [("viewer", VIEWER), ("member", MEMBER), ("owner", OWNER)]
)
def test_tenant_role_has_exactly_these_verbs(role: str, verbs: set[str]) -> None:
    assert TENANT_VERBS[role] == verbs


def test_operator_has_every_verb() -> None:
    assert PLATFORM_VERBS["operator"] == ALL_VERBS


def test_auditor_reads_everything_and_writes_nothing() -> None:
    assert PLATFORM_VERBS["auditor"] == READ_VERBS
    assert all(verb.endswith(".view") for verb in PLATFORM_VERBS["auditor"])


def test_no_platform_role_gives_no_platform_verb() -> None:
    assert platform_role_verbs(None) == frozenset()


def test_no_tenant_role_has_a_platform_verb() -> None:
    assert frozenset().union(*TENANT_VERBS.values()).isdisjoint(PLATFORM_TABLE)


def test_verbs_are_noun_and_verb() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", verb) for verb in ALL_VERBS)


def test_reading_is_marked_as_reading() -> None:
    marked = {verb for verb, reads in PLATFORM_TABLE.items() if reads}
    assert marked == READ_VERBS & set(PLATFORM_TABLE)


def test_several_roles_add_up() -> None:
    assert tenant_role_verbs(["viewer", "member"]) == MEMBER


def test_archived_tenant_can_only_be_read() -> None:
    assert tenant_role_verbs(["owner"], archived=True) == OWNER & READ_VERBS


def test_read_scope_stands_for_every_reading_verb() -> None:
    assert scope_verbs(["read", "request.create"]) == READ_VERBS | {"request.create"}


def test_unknown_scope_gives_nothing() -> None:
    assert scope_verbs(["everything", "request.*"]) == frozenset()


def test_role_change_names_what_is_gained_and_lost() -> None:
    change = role_change(["owner"], ["member"])
    assert change.gained == ()
    assert set(change.lost) == OWNER - MEMBER
