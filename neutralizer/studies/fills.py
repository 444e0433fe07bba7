"""What was executed of released hedges, beside what their runs were decided with."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from neutralizer.domain.came_back import SOLD, Executions, Start
from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.sharing import Order, orders
from neutralizer.domain.steps import steps
from neutralizer.errors import InputsRefused, Issue
from neutralizer.handoff.approval import CLOCKS
from neutralizer.load.came_back import executions_in
from neutralizer.load.written.settings import CostSettings, Settings
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

    now: datetime
    tickets: list[Ticket] = field(default_factory=list)
    runs: list[Settings] = field(default_factory=list)  # that count, newest first
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # why: tickets

    @property
    def last(self) -> Settings:
        """Of the newest run that counts."""
        return self.runs[0]

    def unlike(self, other: Settings) -> str:
        """Why a run cannot be counted with the last one; blank where it can."""
        last = self.runs[0] if self.runs else other
        if other.base_currency != last.base_currency:
            return f"their run is in {other.base_currency}, not in {last.base_currency}"
        if other.costs.impact != last.costs.impact:
            return f"their run has {other.costs.impact} impact, the last one {last.costs.impact}"
        return ""

    def in_use(self, asset_class: str) -> InUse:
        """What the last run was decided with."""
        costs = self.last.costs
        own = {str(k): x for k, x in costs.asset_classes.items()}.get(asset_class)
        wider, times = (own.half_spread, own.impact) if own else (1.0, 1.0)
        return InUse(wider, times * costs.impact_coefficient)


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
    executed: dict[str, float]

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


def fills_of(
    handoff: Path, runs: Path, say: Callable[[str], None], now: datetime | None = None
) -> Fills:
    """Every release of the hand-off of which something was executed, by the inputs of its own run, which lies
    somewhere below `runs`. Newest first: those of another base currency or form of impact are left out. Raises
    InputsRefused, Tampered, CannotWrite.
    """
    found = Fills(now or datetime.now(UTC))
    back = executions_in(came_back(handoff))
    folders = _folders(runs)
    releases = [h for h in reversed(handed_over(handoff)) if h.rows("hedges")]
    for h in steps(releases, "reading release", say):
        folder = folders.get(h.manifest.get("manifest_sha256", ""))
        if folder is None:
            found.left["their run is not below the folder of runs"] += _names(h)
        else:
            _release(h, folder, back, found)
    found.tickets.sort(key=lambda x: (x.day, x.ticket_id))
    if not found.tickets:
        why = "; ".join(f"{len(names)} {reason}" for reason, names in sorted(found.left.items()))
        reason = f"nothing to learn from: {why or 'no hedges were released there'}"
        remedy = "name the folder that operations read, and the one that runs are kept in"
        raise InputsRefused([Issue(str(handoff), 0, "", None, reason, remedy)])
    return found


def _folders(runs: Path) -> dict[str, Path]:
    """Run folders by the hash of their manifest; what holds no inputs is no more than a copy of that."""
    found = {}
    for path in sorted(runs.rglob(MANIFEST)):
        data = content(path)
        if data is not None and (path.parent / "inputs").is_dir():
            found[hashlib.sha256(data).hexdigest()] = path.parent
    return found


def _names(h: Handed) -> list[str]:
    return [row["ticket_id"] for row in h.rows("hedges") if row["action"] != "CANCEL"]


def _release(h: Handed, folder: Path, back: Executions, found: Fills) -> None:
    loaded = inputs_of(finished(folder))
    settings = loaded.inputs.settings
    unlike = found.unlike(settings)
    if unlike:
        found.left[unlike] += _names(h)
        return
    found.runs.append(settings)
    done: dict[str, tuple[Order, _Done]] = {}
    run = _Run(h.run_id, loaded.scenario, settings.costs, settings.as_of, defaultdict(float))
    for order in orders(h.tables):
        own = _executed(order, back, settings.as_of, found.now)
        if isinstance(own, str):
            found.left[own].append(order.ticket_id)
        else:
            done[order.ticket_id] = order, own
            run.executed[order.instrument_id] += own.quantity
    rows = {row["ticket_id"]: row for row in h.rows("hedges")}
    for name, (order, own) in done.items():
        ticket = _ticket(run, rows[name], order, own)
        if isinstance(ticket, str):
            found.left[ticket].append(name)
        else:
            found.tickets.append(ticket)


def _executed(order: Order, back: Executions, first: datetime, last: datetime) -> _Done | str:
    """What stands of it, as brokers report it, else as books received it; or why it says nothing."""
    if any(m.ticket_id == order.ticket_id for m in back.misfits):
        return "reports that contradict each other"
    done = _traded(order, back) or _filled(order, back)
    if isinstance(done, str):
        return done
    if done is None or done.quantity <= 0:
        return "nothing executed"
    if done.quantity > float(order.quantity):
        return "more executed than ordered"
    times = [t for _, _, t in done.lines] + ([done.start.time] if done.start else [])
    if min(times) < first - CLOCKS or max(times) > last + CLOCKS:
        return "executed before the plan's prices, or after today"
    return done


def _traded(order: Order, back: Executions) -> _Done | str | None:
    """As brokers report it; None where they do not."""
    own = [t for t in back.standing if t.ticket_id == order.ticket_id]
    if any(t.instrument_id not in ("", order.instrument_id) for t in own):
        return "executed leg by leg"
    if any((t.side in SOLD) != (order.side in SOLD) for t in own):
        return "executed on the other side"
    lines = tuple((float(t.quantity), float(t.price), t.time) for t in own)
    return _Done(lines, _first(t.start for t in own)) if own else None


def _filled(order: Order, back: Executions) -> _Done | str | None:
    """As books received it."""
    own, sign = back.fills_of(order.ticket_id), -1 if order.side in SOLD else 1
    if any(f.price is None or f.instrument_id != order.instrument_id for f in own):
        return "filled without a price, or leg by leg"
    lines = tuple((sign * float(f.quantity), float(f.price or 0), f.time) for f in own)
    return _Done(lines, _first(f.start for f in own)) if own else None


def _first(starts: Iterable[Start | None]) -> Start | None:
    return min((s for s in starts if s is not None), key=lambda s: s.time, default=None)


def _ticket(run: _Run, row: Mapping[str, str], order: Order, own: _Done) -> Ticket | str:
    """Or why it says nothing."""
    t, k = run.scenario.tradables, run.scenario.tradables.ids.index(order.instrument_id)
    if t.is_combination[k]:
        return "a combination"
    reference = Start(decimal(row["reference_price"]), run.priced(row))
    start = own.start or reference
    prices = (float(reference.price), float(start.price), own.average)
    if min(prices) <= 0:
        return "a price that is not above zero"
    if max(prices) > OTHER_UNIT * min(prices):
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
