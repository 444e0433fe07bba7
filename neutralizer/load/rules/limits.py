"""Rules about limits, and about the calendar."""

import re
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from neutralizer.domain import calendar
from neutralizer.domain.arrays import Bools
from neutralizer.domain.scenario import NORMAL
from neutralizer.errors import Issues
from neutralizer.load.resolved.accounts import AccountOf
from neutralizer.load.resolved.limits import ABSENT, TAILS, bounds_of
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.shocks import tail, wanted
from neutralizer.load.resolved.tenors import tenor_names
from neutralizer.load.rules.instruments import in_play
from neutralizer.load.rules.references import selector_selects
from neutralizer.load.written import values
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.table import Table
from neutralizer.terms.limits.facts import (
    ANYWHERE,
    BOTH,
    FACTOR,
    INSTRUMENT,
    LEVEL,
    NOTHING,
    RISK_MODEL,
    SELECTOR,
    SHOCKS,
    TAIL_OF_SHOCKS,
)
from neutralizer.terms.limits.registry import REGISTRY


def _known(table: Table, issues: Issues) -> Iterator[tuple[int, str, ModuleType]]:
    """(row, measure, its module) of the rows whose measure there is, until more errors would not be
    shown; the others are errors already.
    """
    for row, measure in enumerate(table["measure"]):
        if issues.full(table.raw.file):
            return
        if measure in REGISTRY:
            yield row, measure, REGISTRY[measure]


def bounds_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A limit has a bound, in order, on a side that is convex; improve has its penalty."""
    table = inputs["limits"]
    for row, measure, facts in _known(table, issues):
        lower, upper = table["lower"][row], table["upper"][row]
        if bounds_of(lower, upper) == (-np.inf, np.inf):
            table.error(
                issues, row, "upper", "the limit has no bound", "write lower, upper or both"
            )
        _far_out(inputs, row, issues)
        if lower > upper:
            table.error(issues, row, "lower", f"lower over upper {upper:g}", "exchange them")
        if not np.isnan(lower) and facts.BOUNDS != BOTH:
            table.error(
                issues, row, "lower", f"a lower bound on {measure} is not convex", "leave it blank"
            )
        if facts.BOUNDS != BOTH and upper < 0:
            table.error(issues, row, "upper", f"{measure} is never negative", "write 0 or more")
        if table["on_breach"][row] == "improve" and np.isnan(table["penalty"][row]):
            table.error(
                issues,
                row,
                "penalty",
                "required with on_breach improve",
                "write base currency per unit of excess",
            )


def _far_out(inputs: Inputs, row: int, issues: Issues) -> None:
    """A bound that no position could reach is read as absent; one that none could leave is a mistake."""
    table = inputs["limits"]
    for column, sign in (("lower", -1.0), ("upper", 1.0)):
        if sign * table[column][row] > ABSENT:
            reason = f"beyond {ABSENT:g} units of its measure, so it is read as no bound"
            table.warning(issues, row, column, reason, "leave it blank")
        elif sign * table[column][row] < -ABSENT:
            reason = f"beyond {ABSENT:g} units of its measure: nothing could keep it"
            table.error(issues, row, column, reason, "correct the sign or the size")


def soft_limits_are_weighed(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A soft limit only gives; those of one priority all have a penalty, or none has."""
    table = inputs["limits"]
    soft = [r for r, kind in enumerate(table["kind"]) if kind == "soft"]
    for row in soft:
        if table["on_breach"][row] == "improve":
            remedy = "leave it out, or write kind hard"
            table.error(issues, row, "on_breach", "a soft limit is kept as well as can be", remedy)
        others = [r for r in soft if table["priority"][r] == table["priority"][row]]
        if np.isnan(table["penalty"][row]) and not np.isnan(table["penalty"][others]).all():
            reason = f"others of priority {table['priority'][row]:g} have one"
            table.error(issues, row, "penalty", reason, "write one for each of them, or for none")


def scopes_are_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """The scope exists and fits the measure."""
    books = inputs["books"]
    known = {
        "entity": set(books["entity"]),
        "book": {*books["book_id"], "*"},
        "group": {*inputs["crossing_groups"]["group_id"], *books["book_id"]},
        "pool": set(inputs["pools"]["pool_id"]),
        "account": set(inputs["accounts"]["account_id"]),
        "firm": {""},
    }
    table = inputs["limits"]
    for row, measure, facts in _known(table, issues):
        scope = table["scope"][row]
        kind, colon, name = scope.partition(":")
        if not scope:
            continue
        if kind not in ANYWHERE or bool(colon) == (kind == "firm"):
            remedy = "write firm, entity:X, group:X, book:X, book:*, pool:X or account:X"
            table.error(issues, row, "scope", "not a scope", remedy)
        elif name not in known[kind]:
            table.error(
                issues,
                row,
                "scope",
                f"no such {kind}",
                "correct the id" + values.nearest(name, sorted(known[kind])),
            )
        elif kind not in facts.SCOPES:
            allowed = " or ".join(facts.SCOPES)
            table.error(
                issues,
                row,
                "scope",
                f"{measure} is measured on {allowed}",
                "change the scope",
            )


def targets_fit(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """factor_exposure names a factor, position an instrument, the selecting measures a selector."""
    table = inputs["limits"]
    factors = [*inputs["factors"]["factor_id"], *tenor_names(inputs)]
    modelled = bool(inputs.squares)
    for row, measure, facts in _known(table, issues):
        target, named = table["target"][row], facts.TARGET
        if named == FACTOR and target not in factors:
            table.error(
                issues,
                row,
                "target",
                "no such factor",
                "name a factor" + values.nearest(target, factors),
            )
        elif named in (RISK_MODEL, LEVEL) and not modelled:
            table.error(
                issues,
                row,
                "measure",
                "there is no covariance",
                "add factor_covariance or covariance",
            )
        elif named == RISK_MODEL:
            _model_fits(inputs, row, issues)
        elif named == INSTRUMENT:
            if target.removeprefix("instrument:") not in select.index:
                hint = values.nearest(target, select.ids)
                table.error(
                    issues, row, "target", "not an instrument", "name one instrument" + hint
                )
        elif named in (LEVEL, SHOCKS, TAIL_OF_SHOCKS):
            _tail_fits(inputs, row, issues)
        elif named == SELECTOR and target:
            selector_selects(table, row, "target", target, select, issues)
        elif target and named == NOTHING:
            table.error(issues, row, "target", f"{measure} has no target", "leave it blank")


def tenors_are_there(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A mismatch of tenors is measured over buckets that are written."""
    table = inputs["limits"]
    for row, measure, _ in _known(table, issues):
        if measure == "tenor_mismatch" and not inputs.settings.tenors:
            remedy = "write tenors: [1m, 3m, 6m, 1y] in scenario.yaml"
            table.error(issues, row, "measure", "there are no tenors", remedy)


def _model_fits(inputs: Inputs, row: int, issues: Issues) -> None:
    """volatility names a risk model, or none for each of them."""
    target, risk = inputs["limits"]["target"][row], inputs.settings.tables.risk
    known = [NORMAL, *(sorted(risk.models) if risk else ())]
    if target and target not in known:
        remedy = "leave it blank, or name one" + values.nearest(target, known)
        inputs["limits"].error(issues, row, "target", "no such risk model", remedy)


def _tail_fits(inputs: Inputs, row: int, issues: Issues) -> None:
    """stress_loss names shocks, or none for all; expected_shortfall and var a level."""
    table, shocks = inputs["limits"], inputs["shocks"]
    target = table["target"][row]
    named = REGISTRY[table["measure"][row]].TARGET
    if named in TAILS:
        try:
            target, _ = tail(target)
        except ValueError:
            remedy = "write 0.99" if named == LEVEL else "write 0.975, or NAME:0.975 for a set"
            table.error(issues, row, "target", "not a level of the tail", remedy)
            return
    if named == LEVEL:
        if target:
            table.error(
                issues,
                row,
                "target",
                f"{table['measure'][row]} has no shocks",
                "write the level alone",
            )
        return
    ids = sorted(set(shocks["shock_id"]))
    sets = dict(zip(shocks["shock_id"], shocks["shock_set"], strict=True))
    if not wanted(target, tuple(ids), tuple(sets[s] for s in ids)):
        known = [*ids, *(f"set:{s}" for s in sorted(set(sets.values())) if s)]
        remedy = "name a shock, or set:NAME" + values.nearest(target, known)
        table.error(issues, row, "target", "no such shock", remedy if known else "add shocks")


def limits_can_bind(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of a limit over positions none of which may change."""
    changes = in_play(inputs, select)[1]
    within = _Within(inputs, select)
    table = inputs["limits"]
    for row, _, facts in _known(table, issues):
        target = table["target"][row]
        mask = changes & within(table["scope"][row])
        selects = facts.TARGET in (SELECTOR, INSTRUMENT)
        chosen = select(target) if selects and target else None
        if len(select.ids) and not (mask if chosen is None else mask & chosen).any():
            reason = "nothing that it measures may change, so it can never bind"
            table.warning(issues, row, "scope", reason, "check mandates, scope and target")


class _Within:
    """Which (book, instrument) pairs a scope measures, (B, I)."""

    def __init__(self, inputs: Inputs, select: Selector) -> None:
        books, groups, accounts = inputs["books"], inputs["crossing_groups"], inputs["accounts"]
        self.ids = sorted(set(books["book_id"]))
        names = sorted(set(accounts["account_id"]))
        pool = dict(zip(accounts["account_id"], accounts["pool_id"], strict=True))
        self.account = AccountOf(inputs, select, names, self.ids).accounts
        self.names = {"account": names, "pool": [pool[a] for a in names]}
        own = {b: b for b in self.ids}
        own |= {b: g for g, bs in zip(groups["group_id"], groups["books"], strict=True) for b in bs}
        entity = dict(zip(books["book_id"], books["entity"], strict=True))
        self.labels = {"book": {b: b for b in self.ids}, "group": own, "entity": entity}

    def __call__(self, scope: str) -> Bools:
        kind, _, name = scope.partition(":")
        if kind in self.names:
            wanted = [k for k, found in enumerate(self.names[kind]) if found == name]
            return np.isin(self.account, wanted)
        label = self.labels.get(kind, {})
        inside = [kind == "firm" or name in ("*", label.get(b)) for b in self.ids]
        return np.array(inside, dtype=bool)[:, None]


def calendar_is_known(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """The calendar is one that the holidays package knows."""
    name = inputs.settings.calendar
    if not (re.fullmatch("[A-Z]{0,4}", name) and calendar.known(name)):
        remedy = "write a market or country code such as XNYS or DE, or leave it out"
        where = ("scenario.yaml", inputs.line("calendar"), "calendar")
        issues.error(*where, name, "no such calendar", remedy)
