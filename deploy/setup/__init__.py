"""Set-up behind bin/start, bin/test, bin/check, bin/bench and bin/py: standard library only.

These modules run before the project's environment exists, so they import nothing from it.
"""
