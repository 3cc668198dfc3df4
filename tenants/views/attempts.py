"""Calling a service from a form; the chassis does it for every room."""

from __future__ import annotations

from portal.attempts import Attempt, form_attempt

__all__ = ["Attempt", "form_attempt"]
