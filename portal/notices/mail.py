"""E-mail of notices: claimed before it is sent, so that nobody gets one twice.

A process that dies between claim and outcome leaves "sending" behind. Whether that mail went out
is not known; it becomes "unknown" and is not sent again, since the bell has it anyway.
"""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation

from portal.installation import installation_id
from portal.models.notices import EmailState, Notice
from portal.notices.inbox import notice_view
from portal.notices.readers import Reader, readers_find
from portal.scope import scope
from portal.viewer import Viewer

BATCH = 20
MAX_ATTEMPTS = 8
CLAIM_LASTS = timedelta(minutes=10)
SETTINGS_PATH = "/settings/notices/"
MAIL_VIEWER = Viewer.system("mail")

log = structlog.get_logger()


def mail_due(*, now: datetime) -> int:
    """Send what is due; return how many were sent. Each mail is claimed and settled by itself."""
    _abandoned_settle(now)
    sent = 0
    for notice, reader in _claim(now):
        sent += _send(notice, reader, now)
    return sent


def _claim(now: datetime) -> list[tuple[Notice, Reader | None]]:
    """Mark due notices as being sent; nobody else will take them."""
    with scope(MAIL_VIEWER):
        rows = list(
            Notice.objects.select_for_update(skip_locked=True)
            .filter(email_state=EmailState.QUEUED, email_due_at__lte=now)
            .order_by("email_due_at")[:BATCH]
        )
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(
            email_state=EmailState.SENDING,
            email_attempts=F("email_attempts") + 1,
            email_due_at=now + CLAIM_LASTS,
        )
        readers = readers_find({row.user_id for row in rows})
        return [(row, readers.get(row.user_id)) for row in rows]


def _send(notice: Notice, reader: Reader | None, now: datetime) -> bool:
    if reader is None or not reader.email:
        _settle(notice, EmailState.FAILED, error="no address")
        return False
    try:
        _message(notice, reader).send()
    except (smtplib.SMTPRecipientsRefused, UnicodeError) as error:
        _settle(notice, EmailState.FAILED, error=type(error).__name__)
        return False
    except (smtplib.SMTPException, OSError) as error:
        _again(notice, now, type(error).__name__)
        return False
    _settle(notice, EmailState.SENT)
    return True


def _message(notice: Notice, reader: Reader) -> EmailMessage:
    """The mail in the reader's language; its id is always the same for one notice."""
    with translation.override(reader.language):
        shown = notice_view(notice)
        body = render_to_string(
            "portal/notice_email.txt",
            {
                "notice": shown,
                "url": f"{settings.PUBLIC_URL}{shown.url or SETTINGS_PATH}",
                "settings_url": f"{settings.PUBLIC_URL}{SETTINGS_PATH}",
            },
        )
    return EmailMessage(
        subject=f"[Berth] {' '.join(shown.title.split())}"[:200],
        body=body,
        to=[reader.email],
        headers={
            "Message-ID": f"<notice-{notice.pk}.{_own_id()}@berth.invalid>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _own_id() -> str:
    with scope(MAIL_VIEWER):
        return installation_id()


def _again(notice: Notice, now: datetime, error: str) -> None:
    """Try later, after 30 s, 1 min, 2 min and so on; at last give up."""
    attempts = notice.email_attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _settle(notice, EmailState.FAILED, error=error)
        return
    _settle(
        notice,
        EmailState.QUEUED,
        error=error,
        due_at=now + timedelta(seconds=30 * 2 ** (attempts - 1)),
    )


def _settle(
    notice: Notice, state: EmailState, *, error: str = "", due_at: datetime | None = None
) -> None:
    with scope(MAIL_VIEWER):
        Notice.objects.filter(pk=notice.pk, email_state=EmailState.SENDING).update(
            email_state=state, email_error=error[:200], email_due_at=due_at
        )
    log.info("notice.email", notice=notice.pk, state=str(state), error=error)


def _abandoned_settle(now: datetime) -> None:
    with scope(MAIL_VIEWER):
        Notice.objects.filter(email_state=EmailState.SENDING, email_due_at__lt=now).update(
            email_state=EmailState.UNKNOWN, email_due_at=None
        )
