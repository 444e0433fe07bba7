"""One module per question that the page answers, in the order of the page.

Each has `section(run)`: a Section, or None where its data are absent.
"""

from neutralizer.report.page.sections import (
    amendments,
    books,
    capital,
    cost,
    crossings,
    exposure,
    funding,
    horizon,
    limits,
    notes,
    relief,
    risk,
    shock,
    since,
    stress,
    tickets,
    wishes,
)

REGISTRY = (
    wishes, horizon, limits, risk, exposure, stress, shock, cost, books, crossings, capital, funding, amendments, tickets, relief, since, notes,
)  # fmt: skip
