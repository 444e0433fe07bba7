"""A table of re-solves, on a terminal of 80 columns and as rows."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neutralizer.report.words import MINUS, cut, whole

if TYPE_CHECKING:
    from neutralizer.studies.what_if import Case


def cases_page(cases: "Sequence[Case]", money: str) -> str:
    """Cost before lots of each case, and what it saves against the first."""
    first, waits = cases[0], any(c.waiting for c in cases)
    name = f"what if, {money} before lots"
    head = f"{name:<34}{'cost':>12}{'saved':>12}{'outside':>20}"
    lines = [head]
    for c in cases:
        if c.cost is None:
            lines.append(f"  {cut(c.name, 31):<32}{'no plan':>12}")
            lines.append(
                textwrap.fill(c.why_not, 78, initial_indent="    ", subsequent_indent="    ")
            )
            continue
        saved = c.saved(first)
        cells = [
            whole(c.cost),
            "" if c is first or saved is None else whole(saved),
            whole(c.external),
        ]
        told = [x.replace(MINUS, "-") for x in cells]
        lines.append(f"  {cut(c.name, 31):<32}{told[0]:>12}{told[1]:>12}{told[2]:>20}")
        if waits:
            lines.append(f"    {'and waiting':<30}{whole(c.waiting):>12}")
    return "\n".join(lines)


def case_rows(cases: "Sequence[Case]") -> list[dict[str, str]]:
    """The same as rows; cells of what has no plan are blank."""
    found = []
    for c in cases:
        saved, plan = c.saved(cases[0]), c.cost is not None
        found.append(
            {
                "case": c.name,
                "cost": f"{c.cost:.2f}" if c.cost is not None else "",
                "waiting": f"{c.waiting:.2f}" if plan else "",
                "saved": "" if saved is None else f"{saved:.2f}",
                "external_notional": f"{c.external:.2f}" if plan else "",
                "firm_volatility": f"{c.volatility:.2f}" if plan else "",
                "why_not": c.why_not,
            }
        )
    return found
