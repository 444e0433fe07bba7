"""A file of slices: how a day's volume is spread over a session, by instrument or by what several have in common."""

from datetime import datetime, time
from itertools import pairwise

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Slices
from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.written.columns import PROFILE
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table, read_csv, typed

FILE = "profile.csv"
FEWEST, MOST = 2, 400  # slices
Span = tuple[time, time]


def read_profile(
    data: bytes, scenario: Scenario, inputs: Inputs, ordered: Ints, close: datetime | None
) -> Slices:
    """The slices of the execution date that are still to come, with the shares of the whole day's volume of what is
    ordered (places of tradables). What begins at the close of a short session or later is left out, what ends
    later ends there, and the volume that lies there with it. Raises InputsRefused with every issue.
    """
    issues = Issues()
    raw = read_csv("profile", FILE, data, issues)
    if raw is None:
        raise InputsRefused(issues.found)
    table = typed(raw, PROFILE, issues)
    spans = [] if issues.errors else _spans(table, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    s, zone = scenario, scenario.as_of.tzinfo
    at = [tuple(datetime.combine(s.execution_date, t, zone) for t in span) for span in spans]
    whole = np.array([_part(a, b, s.as_of, close) for a, b in at])
    kept = np.flatnonzero(whole)
    if len(kept) < FEWEST:
        reason = (
            f"fewer than two slices lie after as_of, {s.as_of:%Y-%m-%d %H:%M}, and before the close"
        )
        remedy = "write execution_date for the next day, or slices that are still to come"
        raise InputsRefused([Issue(FILE, 0, "start", None, reason, remedy)])
    cells, select = _cells(table, spans), Selector(inputs)
    share = np.zeros((len(s.tradables.ids), len(kept)))
    for t in ordered.tolist():
        share[t] = (_shares(cells, select, s, t, len(spans)) * whole)[kept]
        if not share[t].any():
            remedy = "add rows with the selector *, or with its id"
            issues.error(FILE, 0, "selector", s.tradables.ids[t], "no volume in any slice", remedy)
    if issues.errors:
        raise InputsRefused(issues.found)
    minutes = np.array([(b - a).total_seconds() for a, b in at])
    return Slices(
        tuple(at[k][0] for k in kept),
        tuple(at[k][1] if close is None else min(at[k][1], close) for k in kept),
        share,
        (minutes * whole)[kept] / minutes.sum(),
    )


def _spans(table: Table, issues: Issues) -> list[Span]:
    """The slices that rows name, in order; none overlaps another."""
    rows: dict[Span, int] = {}
    seen: dict[tuple[time, time, str], int] = {}
    for row, span in enumerate(zip(table["start"], table["end"], strict=True)):
        if span[0] >= span[1]:
            table.error(issues, row, "end", f"not after {span[0]:%H:%M}", "correct the times")
        rows.setdefault(span, row)
        key = (*span, table["selector"][row])
        if key in seen:
            stands = table.raw.first(row, seen[key])
            table.error(issues, row, "start", f"this slice again, {stands}", "keep one")
        seen.setdefault(key, row)
    found = sorted(rows)
    for a, b in pairwise(found):
        if b[0] < a[1]:
            reason = f"overlaps the slice from {a[0]:%H:%M} to {a[1]:%H:%M}"
            table.error(issues, rows[b], "start", reason, "let one begin where the other ends")
    if not FEWEST <= len(found) <= MOST and not issues.errors:
        issues.error(FILE, 0, "start", None, f"{len(found)} slices", f"write {FEWEST} to {MOST}")
    return found


def _part(start: datetime, end: datetime, now: datetime, close: datetime | None) -> float:
    """Of a slice, what lies before the close; nothing of one that has begun."""
    if start < now:
        return 0.0
    return 1.0 if close is None else min(max((close - start) / (end - start), 0.0), 1.0)


def _cells(table: Table, spans: list[Span]) -> dict[str, list[tuple[int, float]]]:
    """Of each selector its slices and their shares."""
    place = {span: k for k, span in enumerate(spans)}
    found: dict[str, list[tuple[int, float]]] = {}
    columns = (table["selector"], table["start"], table["end"], table["share"].tolist())
    for selector, start, end, share in zip(*columns, strict=True):
        found.setdefault(selector, []).append((place[start, end], share))
    return found


def _shares(
    cells: dict[str, list[tuple[int, float]]],
    select: Selector,
    s: Scenario,
    t: int,
    count: int,
) -> Floats:
    """(K,) of the selector that names a tradable most closely; of a combination without its own, its first leg's."""
    name = s.tradables.ids[t]
    best: tuple[int, str] = (-1, "")
    leg = int(s.tradables.legs.tocsr()[[t]].indices[0])
    for selector in cells:
        own = selector in (name, f"instrument:{name}")
        mask = select(selector)
        if own or (mask is not None and mask[leg]):
            best = max(best, (9 if own else specificity(selector, select), selector))
    found = np.zeros(count)
    for k, share in cells.get(best[1], []):
        found[k] = share
    return found / found.sum() if found.any() else found
