"""A file of slices: how a day's volume is spread over a session, by instrument or by what several have in common."""

from datetime import datetime, time
from itertools import pairwise

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Slices
from neutralizer.errors import InputsRefused, Issues
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
    """The slices of the execution date, with the shares of what is ordered (places of tradables). What begins at the
    close of the session or later is left out, what ends later ends there. Raises InputsRefused with every issue.
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
    whole = [1.0] * len(at) if close is None else [_part(a, b, close) for a, b in at]
    kept = [k for k, part in enumerate(whole) if part > 0]
    cells = _cells(table, spans)
    share = np.zeros((len(s.tradables.ids), len(kept)))
    select = Selector(inputs)
    for t in ordered.tolist():
        share[t] = _shares(table, cells, select, s, t, len(spans))[kept] * np.array(whole)[kept]
        if not share[t].any():
            remedy = "add rows with the selector *, or with its id"
            issues.error(FILE, 0, "selector", s.tradables.ids[t], "no volume in any slice", remedy)
    if len(kept) < FEWEST:
        issues.error(FILE, 0, "start", None, "fewer than two slices before the close", "add some")
    if issues.errors:
        raise InputsRefused(issues.found)
    total = share.sum(axis=1, keepdims=True)
    minutes = np.array([(at[k][1] - at[k][0]).total_seconds() * whole[k] for k in kept])
    ends = [at[k][1] if close is None else min(at[k][1], close) for k in kept]
    return Slices(
        tuple(at[k][0] for k in kept),
        tuple(ends),
        np.divide(share, total, out=np.zeros_like(share), where=total > 0),
        minutes / minutes.sum(),
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


def _part(start: datetime, end: datetime, close: datetime) -> float:
    """Of a slice, what lies before the close."""
    return min(max((close - start) / (end - start), 0.0), 1.0)


def _cells(table: Table, spans: list[Span]) -> dict[str, list[tuple[int, float]]]:
    """Of each selector its slices and their shares."""
    place = {span: k for k, span in enumerate(spans)}
    found: dict[str, list[tuple[int, float]]] = {}
    columns = (table["selector"], table["start"], table["end"], table["share"].tolist())
    for selector, start, end, share in zip(*columns, strict=True):
        found.setdefault(selector, []).append((place[start, end], share))
    return found


def _shares(
    table: Table,
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
