"""The tables of a run that are reports and not tickets: limits, pools, costs, books, evidence.

Must never import the page.
"""
