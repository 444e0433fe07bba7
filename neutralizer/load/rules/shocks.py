"""Rules about shocks and scan arrays."""

import numpy as np

from neutralizer.errors import Issues
from neutralizer.load.resolved.scan import loses_both_ways, point_columns, worst_points
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.shocks import covered
from neutralizer.load.written import values
from neutralizer.load.written.inputs import Inputs

LARGEST_RETURN = 3.0  # beyond which a move is more likely a percentage


def shocks_move_one_thing(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A row moves an instrument or a factor; all rows of a shock are of one set; moves are believable."""
    table = inputs["shocks"]
    sets: dict[str, str] = {}
    for row, shock in enumerate(table["shock_id"]):
        instrument, factor = table["instrument_id"][row], table["factor_id"][row]
        if bool(instrument) == bool(factor):
            remedy = "write instrument_id or factor_id"
            table.error(issues, row, "instrument_id", "moves not one thing", remedy)
        if sets.setdefault(shock, table["shock_set"][row]) != table["shock_set"][row]:
            reason = f"{shock} is in another set on another row"
            table.error(issues, row, "shock_set", reason, "write the same on each of its rows")
        if instrument and abs(table["move"][row]) > LARGEST_RETURN:
            reason = f"a return of {table['move'][row]:g} of notional"
            table.warning(issues, row, "move", reason, "check that it is a fraction, not percent")


def pools_cover_shocks(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """liquidity_after_stress names shocks that there are."""
    table, shocks = inputs["pools"], inputs["shocks"]
    sets = dict(zip(shocks["shock_id"], shocks["shock_set"], strict=True))
    ids = tuple(sorted(sets))
    for row, selector in enumerate(table["liquidity_after_stress"]):
        if selector and not covered(selector, ids, tuple(sets[s] for s in ids)):
            known = [*ids, *(f"set:{s}" for s in sorted(set(sets.values())) if s)]
            remedy = "write *, a shock, or set:NAME" + values.nearest(selector, known)
            table.error(issues, row, "liquidity_after_stress", "no such shock", remedy)


def arrays_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Scan points are numbered without a gap, and an array loses one way and the other."""
    table = inputs["scan_arrays"]
    points = point_columns(table)
    if len(table) and points != [f"s{k + 1}" for k in range(len(points))]:
        missing = next(f"s{k + 1}" for k in range(len(points)) if points[k] != f"s{k + 1}")
        reason = f"the scan points have a gap: no {missing}"
        head = table.raw.head(points[-1])
        issues.error(*head, None, reason, "number them s1, s2, s3 and so on")
        return
    for row in range(len(table)):
        losses = np.array([table[name][row] for name in points])
        if np.isfinite(losses).all() and not loses_both_ways(losses):
            reason = "the array loses one way only"
            remedy = "losses of a unit long are positive, gains negative"
            table.warning(issues, row, "s1", reason, remedy)


def credits_join_two_groups(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A credit is for two product groups."""
    table = inputs["scan_credits"]
    for row, group in enumerate(table["group_a"]):
        if group == table["group_b"][row]:
            remedy = "name another group: within one there is the spread charge"
            table.error(issues, row, "group_b", "the same group twice", remedy)


def aggregators_are_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """max, or average_of_worst:k with no more points than there are."""
    table, points = inputs["accounts"], len(point_columns(inputs["scan_arrays"]))
    for row, word in enumerate(table["aggregator"]):
        try:
            count = worst_points(word)
        except ValueError as error:
            table.error(issues, row, "aggregator", "not an aggregator", str(error))
            continue
        if table["model"][row] == "scan" and len(inputs["scan_arrays"]) and count > points:
            reason = f"there are {points} scan points only"
            table.error(issues, row, "aggregator", reason, "average over fewer")
