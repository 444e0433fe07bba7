"""neutralizer: internal transfers, external hedges and cash in one convex program, with tickets."""

from neutralizer.domain.version import VERSION as __version__

__all__ = ["__version__"]
