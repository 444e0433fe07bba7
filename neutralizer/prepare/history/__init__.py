"""A history folder: prices, factors and rates by day, read and aligned with pandas.

Must never fill a gap, nor look at a day after the one that is asked for.
"""
