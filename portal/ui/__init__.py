"""The shell and the component kit that every page is built from (docs/frontend.md)."""
