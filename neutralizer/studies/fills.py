"""What was executed of released hedges, beside what their runs were decided with."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from neutralizer.domain.came_back import SOLD, Executions, Start
from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.sharing import Order, orders
from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.came_back import executions_in
from neutralizer.load.written.settings import CostSettings
from neutralizer.load.written.values import instant
from neutralizer.prepare.calibrate.ticket import InUse, Ticket
from neutralizer.records.finished import finished
from neutralizer.records.handed import Handed, handed_over
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.one_file import content
from neutralizer.records.superseded import came_back
from neutralizer.verify import inputs_of

DAY = timedelta(days=1)
SHORTEST = timedelta(minutes=5)  # that an execution is taken to last
OTHER_UNIT = 3.0  # times: two prices of one thing that differ by more are in other units


@dataclass
class Fills:
    """Tickets that were executed, oldest first; what is in use, by asset class; and what was left out, why."""

    name: str = ""  # of the last run's scenario
    currency: str = ""  # its base currency
    tickets: list[Ticket] = field(default_factory=list)
    costs: CostSettings = field(default_factory=CostSettings)  # of the last run
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # why: tickets

    def in_use(self, asset_class: str) -> InUse:
        """What the last run was decided with."""
        own = {str(k): x for k, x in self.costs.asset_classes.items()}.get(asset_class)
        wider, times = (own.half_spread, own.impact) if own else (1.0, 1.0)
        return InUse(wider, times * self.costs.impact_coefficient)


@dataclass(frozen=True)
class _Done:
    """What was executed of an order, one execution a line: units of its side, price, when; and its start."""

    lines: tuple[tuple[float, float, datetime], ...]
    start: Start | None

    @property
    def quantity(self) -> float:
        return sum(q for q, _, _ in self.lines)

    @property
    def average(self) -> float:
        return sum(q * p for q, p, _ in self.lines) / self.quantity

    @property
    def middle(self) -> datetime:
        """When half of it was done, so to say."""
        first = min(t for _, _, t in self.lines)
        seconds = sum(q * (t - first).total_seconds() for q, _, t in self.lines)
        return first + timedelta(seconds=seconds / self.quantity)


@dataclass(frozen=True)
class _Run:
    """What a released run was decided with, and what was executed of it in each instrument."""

    run_id: str
    scenario: Scenario
    costs: CostSettings
    as_of: datetime
    executed: Mapping[str, float]

    def priced(self, row: Mapping[str, str]) -> datetime:
        """When the reference price of a ticket was made."""
        return instant(row["price_time"]) if row["price_time"] else self.as_of

    def wider(self, asset_class: str) -> float:
        """What half spreads were multiplied by; infinite where by nothing, which hides what they are."""
        own = {str(c): x.half_spread for c, x in self.costs.asset_classes.items()}
        return own.get(asset_class, 1.0) or np.inf

    def impact(self, k: int) -> float:
        """σ · √(share of ADV), of all that was executed of a tradable; with quadratic impact the share itself."""
        t = self.scenario.tradables
        share = self.executed[t.ids[k]] / t.adv[k]
        return float(
            t.volatility[k] * (share if self.scenario.costing.quadratic_impact else share**0.5)
        )


def fills_of(handoff: Path, runs: Path, say: Callable[[str], None]) -> Fills:
    """Every release of the hand-off of which something was executed, by the inputs of its own run, which lies
    somewhere below `runs`. Raises InputsRefused, Tampered, CannotWrite.
    """
    found = Fills()
    back = executions_in(came_back(handoff))
    folders = _folders(runs)
    releases = [h for h in handed_over(handoff) if h.rows("hedges")]
    for k, h in enumerate(releases, 1):
        say(f"reading release {k} of {len(releases)}")
        folder = folders.get(h.manifest.get("manifest_sha256", ""))
        if folder is None:
            found.left["their run is not below the folder of runs"] += _names(h)
            continue
        _release(h, folder, back, found)
    found.tickets.sort(key=lambda x: (x.day, x.ticket_id))
    if not found.tickets:
        why = "; ".join(f"{len(names)} {reason}" for reason, names in sorted(found.left.items()))
        reason = f"nothing to learn from: {why or 'no hedges were released there'}"
        remedy = "name the folder that operations read, and the one that runs are kept in"
        raise InputsRefused([Issue(str(handoff), 0, "", None, reason, remedy)])
    return found


def _folders(runs: Path) -> dict[str, Path]:
    """Run folders by the hash of their manifest."""
    found = {}
    for path in sorted(runs.rglob(MANIFEST)):
        data = content(path)
        if data is not None:
            found[hashlib.sha256(data).hexdigest()] = path.parent
    return found


def _names(h: Handed) -> list[str]:
    return [row["ticket_id"] for row in h.rows("hedges") if row["action"] != "CANCEL"]


def _release(h: Handed, folder: Path, back: Executions, found: Fills) -> None:
    loaded = inputs_of(finished(folder))
    settings = loaded.inputs.settings
    if found.currency not in ("", settings.base_currency):
        found.left[f"their run is in {settings.base_currency}, not in {found.currency}"] += _names(
            h
        )
        return
    found.name, found.currency, found.costs = settings.name, settings.base_currency, settings.costs
    done: dict[str, tuple[Order, _Done]] = {}
    for order in orders(h.tables):
        own = _executed(order, back)
        if isinstance(own, str):
            found.left[own].append(order.ticket_id)
        else:
            done[order.ticket_id] = order, own
    whole = defaultdict[str, float](float)
    for order, own in done.values():
        whole[order.instrument_id] += own.quantity
    run = _Run(h.run_id, loaded.scenario, settings.costs, settings.as_of, whole)
    rows = {row["ticket_id"]: row for row in h.rows("hedges")}
    for name, (order, own) in done.items():
        ticket = _ticket(run, rows[name], order, own)
        if isinstance(ticket, str):
            found.left[ticket].append(name)
        else:
            found.tickets.append(ticket)


def _executed(order: Order, back: Executions) -> _Done | str:
    """Or why it says nothing."""
    sign, lines, starts = -1 if order.side in SOLD else 1, [], []
    for trade in back.trades_of(order.ticket_id):
        if trade.instrument_id not in ("", order.instrument_id):
            return "executed leg by leg"
        if (trade.side in SOLD) != (order.side in SOLD):
            return "executed on the other side"
        lines.append((float(trade.quantity), float(trade.price), trade.time))
        starts.append(trade.start)
    for fill in back.fills_of(order.ticket_id):
        if fill.price is None or fill.instrument_id != order.instrument_id:
            return "filled without a price, or leg by leg"
        lines.append((sign * float(fill.quantity), float(fill.price), fill.time))
        starts.append(fill.start)
    known = [s for s in starts if s is not None]
    done = _Done(tuple(lines), min(known, key=lambda s: s.time) if known else None)
    return done if done.quantity > 0 else "nothing executed"


def _ticket(run: _Run, row: Mapping[str, str], order: Order, own: _Done) -> Ticket | str:
    """Or why it says nothing."""
    t, k = run.scenario.tradables, run.scenario.tradables.ids.index(order.instrument_id)
    if t.is_combination[k]:
        return "a combination"
    reference = Start(decimal(row["reference_price"]), run.priced(row))
    start = own.start or reference
    prices = (float(reference.price), float(start.price), own.average)
    if min(prices) <= 0 or max(prices) > OTHER_UNIT * min(prices):
        return "a price in another unit than the plan's"
    sign = -1 if order.side in SOLD else 1
    paid = sign * np.diff(prices) * t.multiplier[k] * t.fx[k] / t.notional[k]
    days = max(own.middle - start.time, SHORTEST) / DAY
    asset_class = run.scenario.instruments.asset_class[k]
    return Ticket(
        order.ticket_id,
        run.run_id,
        own.middle.date(),
        order.instrument_id,
        asset_class,
        order.side,
        own.quantity,
        own.quantity * float(t.notional[k]),
        float(start.price),
        own.start is not None,
        own.average,
        float(paid[0]) if own.start else np.nan,
        float(paid[1]),
        float(t.half_spread[k] / t.notional[k]) / run.wider(asset_class),
        run.impact(k),
        float(t.volatility[k] * days**0.5),
    )
