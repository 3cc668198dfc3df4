"""The one error of set-up: a sentence that says what is wrong and what to do."""

from __future__ import annotations


class SetupError(Exception):
    """Set-up can't go on; the message is meant for the person at the keyboard."""
