"""A stateful Kubernetes API for demos and tests: see docs/simulator.md.

It imports nothing of the portal. What it answers is held to a real API server by
tests/conformance; what it does not model it refuses with 501.
"""
