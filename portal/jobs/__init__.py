"""Durable jobs: asked for in a transaction, run in steps, safe against kills at any instant."""
