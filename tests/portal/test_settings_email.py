"""Where mails go is read from one address, and a wrong one is refused in words."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings.email import email_read


def test_an_smtp_address_asks_for_starttls() -> None:
    found = email_read("smtp://us%40er:p%3Aw@mail.example?from=berth@example.org")

    assert (found.host, found.port, found.user, found.password) == (
        "mail.example",
        587,
        "us@er",
        "p:w",
    )
    assert (found.starttls, found.tls, found.sender) == (True, False, "berth@example.org")


def test_smtps_is_tls_from_the_first_byte() -> None:
    found = email_read("smtps://mail.example")

    assert (found.port, found.starttls, found.tls) == (465, False, True)
    assert found.sender == "berth@localhost"


def test_a_folder_takes_mails() -> None:
    assert email_read("file:///var/mail/berth").folder == "/var/mail/berth"


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "file://"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BERTH_EMAIL_URL must look like"):
        email_read(url)
