"""Berth in a real Chromium."""
