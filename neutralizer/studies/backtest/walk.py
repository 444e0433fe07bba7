"""One path: each day decided with what was known that day, on the positions that the path itself left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from neutralizer.domain.cases import Change
from neutralizer.domain.scenario import Scenario as Resolved
from neutralizer.domain.trades import nothing
from neutralizer.errors import InputsRefused, InputsTooOld
from neutralizer.face import Scenario, from_files, from_parts
from neutralizer.load.written.canonical import column_of, parts_of, put
from neutralizer.records.manifest import INPUTS
from neutralizer.records.writing import csv_rows
from neutralizer.studies.backtest.flows import (
    Action,
    Begun,
    Key,
    Positions,
    acted,
    begun,
    known,
    read_positions,
)
from neutralizer.studies.backtest.history import ACTIONS, NEXT
from neutralizer.studies.backtest.policies import Decision, decided, undecided
from neutralizer.studies.sent import Sent, said
from neutralizer.terms import costs

BELIEFS = ("costs.", "assume.", "instruments.", "measured.")  # what changes no fact
REPORTED = (("accounts", "reported_margin"), ("books", "reported_market_value"))
COLUMNS = (
    "date", "status", "plan_cost", "half_spread", "market_impact", "other_costs", "waiting", "end_cost",
    "crossed_notional", "external_notional", "margin", "cash_moved", "breaches_before", "breaches_after",
    "forecast", "made", "slippage", "spread_at_fill", "flows_scaled", "positions_closed", "why_not",
)  # fmt: skip
Row = dict[str, str]


@dataclass(frozen=True)
class Day:
    """A recorded day, read when it is needed."""

    date: str
    files: Mapping[str, bytes]
    planned_bytes: bytes | None

    @cached_property
    def scenario(self) -> Scenario:
        """As it was recorded."""
        return from_files(self.files)

    @cached_property
    def recorded(self) -> Positions:
        """What was held, with what was still to come of open orders."""
        found: dict[Key, Decimal] = {}
        for table in ("positions", "open_orders"):
            cells = parts_of(self.scenario.loaded.inputs).tables.get(table) or [[]]
            for row in cells[1:]:
                r = dict(zip(cells[0], row, strict=True))
                key = r["book_id"], r["instrument_id"]
                found[key] = found.get(key, Decimal(0)) + Decimal(r["quantity"])
        return found

    @cached_property
    def planned(self) -> Positions:
        """What its run left for the next day; without a run, what was held."""
        if self.planned_bytes is None:
            return self.recorded
        return read_positions(self.planned_bytes)


@dataclass(frozen=True)
class History:
    """Days by date, and what happened to instruments between them."""

    days: tuple[Day, ...]
    actions: tuple[Action, ...]

    def between(self, day: Day, following: Day) -> list[Action]:
        """Those that come with the following day."""
        return [a for a in self.actions if day.date < a.date <= following.date]


@lru_cache(maxsize=2)
def history_of(sent: Sent) -> History:
    """As it travels: DATE/inputs/FILE, DATE/positions_next.csv where there was a run, and actions.csv."""
    folders: dict[str, dict[str, bytes]] = {}
    actions = [
        Action(
            r["date"],
            r["instrument_id"],
            Decimal(r.get("ratio") or "1"),
            r.get("new_id") or r["instrument_id"],
        )
        for r in (csv_rows(sent.files[ACTIONS])[1] if ACTIONS in sent.files else [])
    ]  # fmt: skip
    for path, data in sent.files.items():
        folder, _, name = path.partition("/")
        folders.setdefault(folder, {})[name] = data
    found = []
    for date, files in folders.items():
        inputs = {n.removeprefix(INPUTS): x for n, x in files.items() if n.startswith(INPUTS)}
        if inputs:
            found.append(Day(date, inputs, files.get(NEXT)))
    return History(tuple(sorted(found, key=lambda day: day.date)), tuple(actions))


def walked(history: History, policy: str, changes: Sequence[Change]) -> list[Row]:
    """A row a day but the last, which only ends the one before: there all paths are brought to what was recorded.

    A setting that believes other costs or risk decides by them, and is paid for at those recorded: one ruler for all.
    """
    days, facts = history.days, [c for c in changes if not c.of.startswith(BELIEFS)]
    rows, own = list[Row](), Begun(dict(days[0].recorded), 0, 0)
    for day, following in pairwise(days):
        try:
            base = _on(day, own.positions)
            scenario = base.changed(changes)
            ruler = base.changed(facts) if len(facts) < len(changes) else scenario
            found = decided(policy, scenario, ruler)
        except (InputsRefused, InputsTooOld) as refusal:  # of what the path holds, or of the change
            found = undecided(own.positions, said(refusal))
        row, actions = _row(day.date, found, own), history.between(day, following)
        own = _next_day(found, day, following, actions)
        s, t = day.scenario.loaded.scenario, following.scenario.loaded.scenario
        rows.append(row | _overnight(s, t, found, actions))
    rows[-1]["end_cost"] = f"{_end_cost(days[-1], own.positions):.2f}"
    return rows


def _next_day(found: Decision, day: Day, following: Day, actions: Sequence[Action]) -> Begun:
    listed = set(following.scenario.loaded.inputs["instruments"]["instrument_id"])
    after, gone = known(acted(found.after, actions), listed)
    planned, _ = known(acted(day.planned, actions), listed)
    own = begun(after, planned, following.recorded)
    return replace(own, closed=own.closed + gone)


def _on(day: Day, positions: Positions) -> Scenario:
    """The day with other positions; what others reported of the recorded ones is left out."""
    parts = parts_of(day.scenario.loaded.inputs)
    header, *rows = parts.tables.get("positions") or [["book_id", "instrument_id", "quantity"]]
    marks = {tuple(row[header.index(k)] for k in ("book_id", "instrument_id")): row for row in rows}
    place, cells = header.index("quantity"), [header]
    for key, units in sorted(positions.items()):
        row = list(marks.get(key) or ["" for _ in header])
        row[header.index("book_id")], row[header.index("instrument_id")] = key
        row[place] = f"{units:f}"
        cells.append(row)
    parts.tables["positions"] = cells
    parts.tables["open_orders"] = []
    for table, column in REPORTED:
        reported = column_of(parts, table, column)
        if reported:
            put(parts, table, column, dict.fromkeys(reported, ""))
    return from_parts(parts)


def _row(date: str, found: Decision, own: Begun) -> Row:
    spread, impact = (found.costs.get(k, 0.0) for k in ("half_spread", "market_impact"))
    total = sum(found.costs.values())
    money = {
        "plan_cost": total,
        "half_spread": spread,
        "market_impact": impact,
        "other_costs": total - spread - impact,
        "waiting": found.waiting,
        "end_cost": 0.0,
        "crossed_notional": found.crossed,
        "external_notional": found.external,
        "margin": found.margin,
        "cash_moved": found.cash_moved,
        "forecast": found.forecast,
    }
    return {
        "date": date,
        "status": found.status,
        **{k: f"{v:.2f}" for k, v in money.items()},
        "breaches_before": str(found.breaches[0]),
        "breaches_after": str(found.breaches[1]),
        "flows_scaled": str(own.scaled),
        "positions_closed": str(own.closed),
        "why_not": found.why_not,
    }


def _overnight(s: Resolved, t: Resolved, found: Decision, actions: Sequence[Action]) -> Row:
    """To the next close, where orders are filled, whole: what the positions of tonight made; what the fills are dearer
    than the plan's prices, and their half spread with that day's quotes.
    """
    moves, spreads = (
        _moves(s, t, actions),
        dict(zip(t.tradables.ids, t.tradables.half_spread, strict=True)),
    )
    made = sum(float(units) * moves.get(key[1], 0.0) for key, units in found.tonight.items())
    net: dict[str, float] = {}
    for sign, state in ((1, found.after), (-1, found.tonight)):
        for key, units in state.items():
            net[key[1]] = net.get(key[1], 0.0) + sign * float(units)
    slippage = sum(units * moves.get(i, 0.0) for i, units in net.items())
    spread = sum(abs(units) * float(np.nan_to_num(spreads.get(i, 0.0))) for i, units in net.items())
    return {
        "made": f"{made:.2f}",
        "slippage": f"{slippage:.2f}",
        "spread_at_fill": f"{spread:.2f}",
    }


def _moves(s: Resolved, t: Resolved, actions: Sequence[Action]) -> dict[str, float]:
    """Base currency a unit of the earlier day from one close to the next: of the whole value where it was paid for,
    else of the price alone at the later rate.
    """
    later, found = {i: k for k, i in enumerate(t.instruments.ids)}, {}
    for j, i in enumerate(s.instruments.ids):
        into, ratio = i, 1.0
        for action in actions:
            if action.instrument == into:
                into, ratio = action.into, ratio * float(action.ratio)
        if into not in later:
            continue
        k = later[into]
        if t.instruments.fully_paid[k]:
            found[i] = float(ratio * t.instruments.value[k] - s.instruments.value[j])
        else:
            price = ratio * t.tradables.price[k] - s.tradables.price[j]
            found[i] = float(price * s.tradables.multiplier[j] * t.tradables.fx[k])
    return found


def _end_cost(day: Day, own: Positions) -> float:
    """What it costs to bring the firm to what was recorded, outside, in one go; books pass to each other for nothing."""
    s = day.scenario.loaded.scenario
    net = np.zeros(len(s.tradables.ids))
    places = {i: k for k, i in enumerate(s.tradables.ids)}
    for sign, state in ((1, day.recorded), (-1, own)):
        for key, units in state.items():
            if key[1] in places:
                net[places[key[1]]] += sign * float(units)
    order = np.zeros(len(s.orders.tradable))
    for o, t in enumerate(s.orders.tradable.tolist()):
        order[o], net[t] = net[t], 0.0
    paid = float(costs.of_orders(replace(nothing(s), order=order), s).sum())
    rest = np.abs(net) * np.nan_to_num(s.tradables.half_spread)  # of what nobody may order
    return paid + float(rest.sum())
