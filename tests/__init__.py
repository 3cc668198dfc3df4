"""Tests: the tree mirrors the code; architecture/, browser/ and storms/ stand beside it."""
