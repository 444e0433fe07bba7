"""From checked tables to a `Scenario`: every id becomes a place on an axis, every default is filled.

Must never import rules: what is wrong is said before anything is resolved.
"""
