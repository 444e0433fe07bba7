"""Scan arrays and their product groups -> base currency per unit."""

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.funding import Credit, Scan
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table

AVERAGE = "average_of_worst"


def resolve_scan(inputs: Inputs, select: Selector, fx: dict[str, float]) -> Scan:
    """Aligned with the instruments; an instrument without an array is in no group."""
    arrays, groups = inputs["scan_arrays"], inputs["scan_groups"]
    order = sorted(range(len(groups)), key=lambda r: groups["product_group"][r])
    ids = tuple(groups["product_group"][r] for r in order)
    rate = np.array([fx[groups["currency"][r]] for r in order])
    where = [select.index[i] for i in arrays["instrument_id"]]
    local = np.array([fx[select.columns["currency"][i]] for i in where])
    points = point_columns(arrays)
    loss, delta = np.zeros((len(select.ids), len(points))), np.zeros(len(select.ids))
    group = np.full(len(select.ids), -1, dtype=np.int64)
    for k, name in enumerate(points):
        loss[where, k] = arrays[name] * local
    delta[where] = arrays["delta"]
    group[where] = [ids.index(g) for g in arrays["product_group"]]
    return Scan(
        groups=ids,
        group=group,
        loss=loss,
        delta=delta,
        charge=groups["spread_charge"][order] * rate,
        short_option=groups["short_option_minimum"][order] * rate,
        add_on=groups["add_on_rate"][order],
        is_option=np.array([c == "option" for c in select.columns["asset_class"]], dtype=bool),
        credits=_credits(inputs["scan_credits"], ids),
    )


def _credits(table: Table, groups: tuple[str, ...]) -> tuple[Credit, ...]:
    order = sorted(range(len(table)), key=lambda r: (table["priority"][r], table["credit_id"][r]))
    return tuple(
        Credit(
            (groups.index(table["group_a"][r]), groups.index(table["group_b"][r])),
            (float(table["ratio_a"][r]), float(table["ratio_b"][r])),
            float(table["credit_rate"][r]),
        )
        for r in order
    )


def point_columns(arrays: Table) -> list[str]:
    """s1 to sN in their order."""
    found = [c for c in arrays.columns if c[:1] == "s" and c[1:].isdigit()]
    return sorted(found, key=lambda c: int(c[1:]))


def worst_points(aggregator: str) -> float:
    """How many scan points are averaged: 1 for max, k for average_of_worst:k.

    Raises ValueError for any other word.
    """
    word, _, count = aggregator.partition(":")
    if aggregator == "max":
        return 1.0
    if word != AVERAGE or not count.strip().isdigit() or int(count) < 1:
        raise ValueError(f"write max, or {AVERAGE}:k with a whole number k")
    return float(count)


def loses_both_ways(loss: Floats) -> bool:
    """Whether an array covers a rise and a fall: a unit long and a unit short both can lose."""
    return bool((loss > 0).any() and (loss < 0).any())
