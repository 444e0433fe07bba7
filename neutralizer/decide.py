"""Scenario -> program -> solution -> plan -> files: the river, on one page, pure.

Where one decision solves the program again: `solve.solve`, until the concentration of a margin fits the
answer; `priorities.answered`, once per class of soft limits; `minimum_sizes`, without small lines;
`one_side`, without the orders that an owner may not give. Whole lots are tried at most ten times in
`in_lots`, the last ones with what limits may give. All of them, and what the plan is compared with, share solve.time_limit.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from neutralizer.comparisons.baseline import NOT_ASKED, stand_alone
from neutralizer.comparisons.by_hand import by_hand
from neutralizer.comparisons.comparisons import Comparisons
from neutralizer.comparisons.over_days import over_days
from neutralizer.comparisons.shocked import under_shock
from neutralizer.comparisons.strip import impact_strip
from neutralizer.domain.arrays import Floats
from neutralizer.domain.asked import Asked
from neutralizer.domain.orders import crosses_only
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.errors import Infeasible
from neutralizer.gate.against import NOTHING_ELSE, Against
from neutralizer.load.scenario import Loaded
from neutralizer.planning.compose import compose
from neutralizer.planning.days import expected
from neutralizer.planning.lots.in_lots import in_lots
from neutralizer.planning.lots.whole import Rounded
from neutralizer.planning.night import in_phases
from neutralizer.planning.one_side import Answer, one_sided
from neutralizer.program.conflicts.irreducible import explained
from neutralizer.program.duals.left import why_left
from neutralizer.program.duals.reasons import reason_rows
from neutralizer.program.duals.shadow import Price, other_prices, shadow_prices
from neutralizer.program.priorities import answered
from neutralizer.program.solve import Solution, cross_only
from neutralizer.program.solvers.clock import within
from neutralizer.records.superseded import superseded
from neutralizer.report.claims import claims
from neutralizer.report.files import booked, run_files
from neutralizer.report.since import past_runs, since
from neutralizer.report.tables.horizon import as_written
from neutralizer.terms.days import Done, stages_of
from neutralizer.terms.limits.asked import as_asked

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options(Asked):
    """How a run was asked for, with what does not change what is written."""

    overrides: tuple[str, ...] = ()
    costs: Mapping[str, str | None] | None = (
        None  # name and hash of a file that the first of them are of
    )
    replace: bool = False
    dry_run: bool = False
    against: Against = NOTHING_ELSE
    prepared_by: str = ""
    journal: Path | None = None
    supersede: Path | None = None  # the folder of a run that was released
    reason: str = ""  # why
    notices: tuple[str, ...] = ()  # of the journal
    mark: dict[str, Any] | None = None  # where the journal tells of it
    past: tuple[dict[str, str], ...] = ()  # figures of earlier runs
    since: Mapping[str, bytes] | None = None  # the files of the run that it is held against
    say: Say = field(default=lambda text: None)

    @property
    def asked(self) -> Asked:
        """What the run's id and the manifest know."""
        return Asked(*(getattr(self, f.name) for f in fields(Asked)))


@dataclass(frozen=True)
class Decided:
    """Every file of a run but its manifest, and the seconds that solver and rounding took."""

    files: dict[str, bytes]
    seconds: dict[str, float]


def decided(loaded: Loaded, run_id: str, options: Options) -> Decided:
    """The river: nothing is read, written or proven here. Raises Infeasible, NotSolved, and TimeIsUp after
    solve.time_limit.
    """
    with within(loaded.scenario.time_limit):
        return _decided(loaded, run_id, options)


def _decided(loaded: Loaded, run_id: str, options: Options) -> Decided:
    say, asked = options.say, options.asked
    say("solving")
    wanted = as_asked(loaded.scenario, asked)
    scenario, solution = _solved(wanted, options)
    say("rounding to whole lots")
    started = time.perf_counter()
    first = Answer(scenario, solution, in_lots(scenario, solution, asked.transfers_only))
    scenario, solution, rounded = one_sided(wanted, first, in_lots, say)
    seconds = {"solver": solution.solver["seconds"], "rounding": time.perf_counter() - started}
    say("choosing what may be booked tonight")
    plan = in_phases(scenario, rounded, compose(scenario, rounded))
    later = _later(scenario, wanted, plan, rounded)
    old = superseded(loaded.bytes_read)
    left = why_left(solution, scenario, plan.trades) if not asked.transfers_only else {}
    priced = _priced(booked(plan, scenario, run_id, old), solution, not asked.transfers_only)
    found = claims(
        wanted,
        solution,
        _compared(scenario, plan, options, solution),
        rounded.report,
        scenario.warnings[len(wanted.warnings) :],
        *priced,
        left,
        None if options.since is None else since(options.since, wanted),
        past_runs(options.past, loaded.scenario.name, run_id),
    )
    whole = plan.with_orders(len(wanted.orders.tradable))
    booking = booked(whole, wanted, run_id, old, later)
    files = run_files(booking, found, asked, loaded.ages, loaded.bytes_read)
    return Decided(files, seconds)


def _solved(scenario: Scenario, options: Options) -> tuple[Scenario, Solution]:
    """The scenario with its soft limits settled, and its answer. Raises Infeasible with its conflicts."""
    if options.asked.transfers_only:
        scenario = crosses_only(scenario)
        return scenario, cross_only(scenario)
    try:
        return answered(scenario)
    except Infeasible as refusal:
        if refusal.reason != "infeasible":
            raise
        options.say("looking for what is in the way")
        today = replace(scenario, horizon=None)
        raise explained(refusal, today, options.say) from None


def _later(scenario: Scenario, wanted: Scenario, plan: Plan, rounded: Rounded) -> Done:
    """What is expected to be done on the days of the horizon once the plan is, as the files will say it: nothing
    where today had to be decided alone.
    """
    if scenario.horizon is None:
        return tuple(nothing(stage.at.scenario) for stage in stages_of(wanted))
    found = expected(scenario, plan.trades, rounded.whole.later)
    return as_written(wanted, plan.trades, found)


def _priced(
    booking: Booking, solution: Solution, priced: bool
) -> tuple[Floats | None, tuple[Price, ...], list[dict[str, str]]]:
    """Prices of limits and of the rest, and the reasons of each line; of crosses alone, shares only."""
    reasons = reason_rows(booking, solution, priced)
    if not priced:
        return None, (), reasons
    scenario = booking.scenario
    others = tuple(other_prices(solution, scenario))
    return shadow_prices(solution, scenario), others, reasons


def _compared(scenario: Scenario, plan: Plan, options: Options, solution: Solution) -> Comparisons:
    """What the plan is held against, as far as it was asked."""
    shock = None
    if options.shock:
        alone = replace(scenario, horizon=None)
        shock = under_shock(alone, plan.trades, options.shock, options.say)
    if not options.baseline or options.transfers_only:
        return Comparisons(NOT_ASKED, shock=shock)
    if scenario.horizon is not None:
        options.say("deciding each day alone, and each book")
        return Comparisons(NOT_ASKED, over_days=over_days(scenario, solution), shock=shock)
    options.say("solving each book alone")
    baseline = stand_alone(scenario)
    strip = impact_strip(scenario, options.say) if options.strip else []
    return Comparisons(baseline, by_hand(scenario), strip, shock=shock)
