"""
A small, strict LMS to try the tool against: its own process, its own web site.

It serves the demonstration and the tests, and is never part of a production process. It imports
nothing of the tool but its errors, so that it cannot share a misunderstanding with it.
"""
