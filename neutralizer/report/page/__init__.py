"""report.html: one page for a desk head, a risk officer and an operations clerk.

A pure function of a run's files: no clock, no network, no script, the same bytes each time. Nothing
is decided or computed here that a file does not already say; sums and shares are the most it does.
"""

from collections.abc import Mapping
from functools import lru_cache

from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import REPORT


def render(files: Mapping[str, bytes]) -> bytes:
    """The page, from the bytes of a run's folder by name. Tables that are absent leave no trace."""
    shown = (x for x in files.items() if x[0] not in (REPORT, MANIFEST))
    return _drawn(tuple(sorted(shown)))


@lru_cache(maxsize=1)  # a run draws its page, and its proof asks for it again
def _drawn(files: tuple[tuple[str, bytes], ...]) -> bytes:
    from neutralizer.report.page.page import page  # jinja2 and matplotlib load only here

    return page(dict(files))
