"""The people of every test: made through the services, as rows in the real database.

operator   runs the platform            auditor   reads everything
alice      owns "vision" (of "aurora")  bob       views "vision"
charlie    owns "speech", in another organisation: whoever sees his rows has found a leak
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from portal.scope import scope
from portal.viewer import Viewer
from tenants.selectors.viewers import viewer_for_user
from tenants.services.members import member_add
from tenants.services.platform import platform_role_grant, user_create
from tenants.services.tree import tenant_create

PASSWORD = "quay-crane-lantern"


@dataclass(frozen=True, slots=True)
class Someone:
    """An account of a test."""

    user: User

    @property
    def viewer(self) -> Viewer:
        """Rights as of now, read afresh at each use."""
        return viewer_for_user(self.user.pk)

    def client(self) -> Client:
        """A browser in which this person has signed in."""
        client = Client()
        client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        return client


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, by name."""

    operator: Someone
    auditor: Someone
    alice: Someone
    bob: Someone
    charlie: Someone


def people_make() -> People:
    """Make the tenants aurora, vision (below it), borealis, speech (below it), and everybody."""
    with scope(Viewer.system("tests")) as viewer:
        _tenants_make(viewer)
        named = {
            name: Someone(
                user_create(
                    username=name,
                    email=f"{name}@example.com",
                    password=PASSWORD,
                    viewer=viewer,
                )
            )
            for name in ("operator", "auditor", "alice", "bob", "charlie")
        }
        for name in ("operator", "auditor"):
            platform_role_grant(user_id=named[name].user.pk, role=name, viewer=viewer)
        for tenant_key, name, role in (
            ("vision", "alice", "owner"),
            ("vision", "bob", "viewer"),
            ("speech", "charlie", "owner"),
        ):
            member_add(tenant_key=tenant_key, user_name=name, role=role, viewer=viewer)
    return People(**named)


@pytest.fixture
def people(db: None, settings: Settings) -> People:
    """Everybody, within the test's own transaction."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
    return people_make()


@pytest.fixture
def people_committed(transactional_db: None, settings: Settings) -> People:
    """Everybody, committed: for tests with several connections, processes or a browser."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return people_make()


def _tenants_make(viewer: Viewer) -> None:
    for key, title, kind, parent_key in (
        ("aurora", "Aurora Research", "organisation", None),
        ("vision", "Computer Vision", "project", "aurora"),
        ("borealis", "Borealis Labs", "organisation", None),
        ("speech", "Speech", "project", "borealis"),
    ):
        tenant_create(key=key, title=title, kind=kind, parent_key=parent_key, viewer=viewer)
