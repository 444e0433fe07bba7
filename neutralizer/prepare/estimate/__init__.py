"""Risk tables from a history: methods compared by walk-forward, the best taken, and how good it is.

Must never write an estimator of its own where a library has one, nor look at a day after the one asked for.
"""
