"""report.html: one page for a desk head, a risk officer and an operations clerk.

A pure function of a run's files: no clock, no network, no script, the same bytes each time. Nothing
is decided or computed here that a file does not already say; sums and shares are the most it does.
"""

from collections.abc import Mapping


def render(files: Mapping[str, bytes]) -> bytes:
    """The page, from the bytes of a run's folder by name. Tables that are absent leave no trace."""
    from neutralizer.report.page.page import page  # jinja2 and matplotlib load only here

    return page(files)
