"""neutralizer: internal transfers, external hedges and cash in one convex program, with tickets."""

__version__ = "0.4.0"
