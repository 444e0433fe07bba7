"""Many decisions, compared: what other crossing groups would save.

Must never be imported by a run: a study runs the river, and is no part of it.
"""
