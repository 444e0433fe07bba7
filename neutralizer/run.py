"""The whole trip: folder -> scenario -> program -> solution -> plan -> proof -> run folder."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from neutralizer import costs
from neutralizer.costs.attribution import by_book, fills_of
from neutralizer.domain.asked import Asked
from neutralizer.domain.orders import crosses_only
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.record import NO_WAIVERS, Record, Waivers
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.superseded import Superseded
from neutralizer.errors import FolderTaken, Infeasible, InputsRefused, ProofFailed, Tampered
from neutralizer.gate import checked
from neutralizer.issues import Issue
from neutralizer.limits.standing import as_asked
from neutralizer.load.caps import caps_here
from neutralizer.load.roles import permitted
from neutralizer.load.scenario import Loaded
from neutralizer.output.files import SUMMARY, Results, run_files
from neutralizer.output.findings import release_phase
from neutralizer.output.folder import Staging, read_folder, refused_folder, remove, writing
from neutralizer.output.handed import handed_over, superseded_first
from neutralizer.output.history import figures, outliers
from neutralizer.output.journal import journalled
from neutralizer.output.manifest import NAME as MANIFEST
from neutralizer.output.manifest import differences, manifest
from neutralizer.output.refused import refused_files
from neutralizer.output.summary import summarise
from neutralizer.output.superseded import digest, gathered, superseded
from neutralizer.output.writing import json_bytes
from neutralizer.planning.compose import compose
from neutralizer.planning.lots import Rounded, whole_lots
from neutralizer.planning.minimum_sizes import without_small_lines
from neutralizer.planning.nearest import nearest_lots
from neutralizer.planning.one_side import Answer, one_sided
from neutralizer.planning.reasons import reason_rows
from neutralizer.planning.standard import Standard
from neutralizer.program.irreducible import explained
from neutralizer.program.priorities import answered
from neutralizer.program.shadow import other_prices, shadow_prices
from neutralizer.program.solve import Solution, cross_only
from neutralizer.studies.baseline import NOT_ASKED, stand_alone
from neutralizer.studies.by_hand import by_hand
from neutralizer.studies.comparisons import Comparisons
from neutralizer.studies.fairness import books_alone_and_together
from neutralizer.studies.shocked import under_shock
from neutralizer.studies.strip import impact_strip
from neutralizer.verify import finished, proven

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options(Asked):
    """How a run was asked for, with what does not change what is written."""

    overrides: tuple[str, ...] = ()
    replace: bool = False
    dry_run: bool = False
    live: timedelta | None = None  # how far as_of may lie from the clock
    prepared_by: str = ""
    waivers: Waivers = NO_WAIVERS
    journal: Path | None = None
    handoff: Path | None = None  # what operations read, and write back into
    supersede: Path | None = None  # the folder of a run that was released
    reason: str = ""  # why
    notices: tuple[str, ...] = ()  # of the journal
    past: tuple[dict[str, str], ...] = ()  # figures of earlier runs
    say: Say = field(default=lambda text: None)

    @property
    def asked(self) -> Asked:
        """What the run's id and the manifest know."""
        return Asked(*(getattr(self, f.name) for f in fields(Asked)))


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its summary, its limits, and whether it was there already."""

    summary: dict[str, Any]
    files: dict[str, bytes]
    already_there: bool = False

    @property
    def notices(self) -> list[str]:
        """What a person should know that is not about the plan."""
        found: list[str] = json.loads(self.files[MANIFEST])["notices"]
        return found


def run(root: Path, out: Path | None, options: Options) -> Outcome:
    """The main job. Raises NeutralizerError; then `out` is as it was before."""
    facts = {"by": options.prepared_by, "scenario": str(root), "out": str(out or "")}
    with journalled(options.journal, "run", **facts) as entry:
        past = tuple(e["figures"] for e in entry.past if "figures" in e)
        outcome = _trip(root, out, replace(options, notices=entry.unfinished, past=past))
        entry.facts = {"run_id": outcome.summary["run_id"], "name": outcome.summary["name"]}
        if out is not None and not options.dry_run and not outcome.already_there:
            entry.figures = figures(outcome.summary)
        return outcome


def _trip(root: Path, out: Path | None, options: Options) -> Outcome:
    permitted(options.prepared_by, "prepare")
    if options.waivers.written():
        permitted(options.waivers.by, "waive")
    loaded = checked(root, options.overrides, options.live, options.waivers)
    kept = _superseded_files(options)
    loaded = replace(loaded, bytes_read=loaded.bytes_read | kept)
    options = replace(options, supersedes=digest(kept))
    _shock_is_known(loaded, options.shock)
    run_id = loaded.run_id(options.asked)
    _takes_over(loaded, run_id, options)
    if out is None or options.dry_run:
        return Outcome(*_decide(loaded, run_id, options))
    with writing(out) as staging:
        there = _same_run(out, run_id, options.replace)
        if there is not None:
            return Outcome(json.loads(there[SUMMARY]), there, already_there=True)
        try:
            summary, files = _decide(loaded, run_id, options, staging)
        except (Infeasible, ProofFailed) as refusal:
            staging.write(refused_files(refusal, loaded.scenario, run_id))
            staging.publish(refused_folder(out), replace=True)
            raise
        staging.publish(out, options.replace)
        remove(refused_folder(out))
        return Outcome(summary, files)


def _shock_is_known(loaded: Loaded, shock: str) -> None:
    """Raises InputsRefused where the scenario has no such shock."""
    known = loaded.scenario.shocks.ids
    if shock and shock not in known:
        remedy = "name one of " + ", ".join(known[:8]) if known else "add shocks to the scenario"
        raise InputsRefused([Issue("--shock", 0, "", shock, "no such shock", remedy)])


def _decide(
    loaded: Loaded, run_id: str, options: Options, staging: Staging | None = None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    say, asked = options.say, options.asked
    say("solving")
    wanted = as_asked(loaded.scenario, asked)
    scenario, solution = _solved(wanted, options)
    say("rounding to whole lots")
    started = time.perf_counter()
    first = Answer(scenario, solution, _rounded(scenario, solution, asked.transfers_only))
    scenario, solution, rounded = one_sided(wanted, first, _rounded, say)
    rounding_seconds = time.perf_counter() - started
    plan = compose(scenario, rounded)
    files = _written(loaded, scenario, plan, solution, rounded.report, run_id, options)
    say("proving")
    settings = {
        "set": list(options.overrides),
        **asked.written(),
        "freshness_not_checked": list(loaded.ages_not_checked),
        "without_control_file": sorted(loaded.inputs.without_control),
        "firm_caps": caps_here().sha256,
    }
    seconds = {"solver": solution.solver["seconds"], "rounding": rounding_seconds}
    record = _record(options, json.loads(files[SUMMARY]), superseded(loaded.bytes_read))
    files[MANIFEST] = json_bytes(
        manifest(loaded.bytes_read, files, run_id, record, settings, seconds)
    )
    if staging is not None:
        staging.write(files)
        files = staging.read()
    proven(as_asked(loaded.scenario, asked), files)
    return json.loads(files[SUMMARY]), files


def _record(options: Options, summary: dict[str, Any], old: Superseded | None) -> Record:
    notices = (*options.notices, *outliers(figures(summary), options.past))
    record = Record(options.prepared_by, notices, options.waivers)
    if old is None:
        return record
    return replace(record, version=old.version + 1, supersedes=old.run_id, reason=options.reason)


def _superseded_files(options: Options) -> dict[str, bytes]:
    """What is kept of a superseded run. Raises Tampered, InputsRefused, NotApproved."""
    if options.supersede is None:
        return {}
    permitted(options.prepared_by, "supersede")
    return gathered(finished(options.supersede).files, options.handoff)


def _takes_over(loaded: Loaded, run_id: str, options: Options) -> None:
    """Raises FolderTaken where the date was released as another run that this one does not supersede."""
    if options.handoff is None:
        return
    s, old = loaded.scenario, superseded(loaded.bytes_read)
    superseded_first(
        handed_over(options.handoff),
        (s.name, s.business_date.isoformat()),
        run_id,
        None if old is None else old.run_id,
    )


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
        raise explained(refusal, scenario, options.say) from None


def _rounded(scenario: Scenario, solution: Solution, transfers_only: bool = False) -> Rounded:
    """Whole lots without small lines; with them, where whole lots need them; soft limits give a step
    where nothing else helps.
    """
    standard = Standard.of(scenario)
    if not transfers_only:
        held, answer = without_small_lines(scenario, solution)
        if held is not scenario:
            with suppress(Infeasible):
                return whole_lots(answer, held, standard)
    try:
        return whole_lots(solution, scenario, standard)
    except Infeasible as refusal:
        for steps in (1.0, 3.0) if any(x.soft for x in scenario.limits) else ():
            with suppress(Infeasible):
                return whole_lots(solution, scenario, Standard.of(scenario, steps, soft_only=True))
        raise nearest_lots(refusal, solution, scenario) from None


def _written(
    loaded: Loaded,
    scenario: Scenario,
    plan: Plan,
    solution: Solution,
    rounding: dict[str, Any],
    run_id: str,
    options: Options,
) -> dict[str, bytes]:
    asked = options.asked
    per_order = costs.amounts(plan.trades, scenario)
    order_costs = {t: per_order[t] for t in ("half_spread", "market_impact", "commission_tax")}
    phase, old = release_phase(scenario, plan), superseded(loaded.bytes_read)
    booking = Booking(plan, scenario, run_id, order_costs, phase, old)
    attributed = by_book(scenario, plan.trades, fills_of(plan))
    compared = _compared(scenario, plan, options)
    books = books_alone_and_together(scenario, attributed, compared.baseline.by_book)
    summary = summarise(booking, attributed, solution, compared, books, rounding, asked)
    summary["data_ages"] = loaded.ages
    priced = not asked.transfers_only
    results = Results(
        booking,
        attributed,
        solution.trades,
        shadow_prices(solution, scenario) if priced else None,
        other_prices(solution, scenario) if priced else (),
        reason_rows(booking, solution, priced),
        books,
        summary,
    )
    return run_files(results, loaded.bytes_read, asked.report)


def _compared(scenario: Scenario, plan: Plan, options: Options) -> Comparisons:
    """What the plan is held against, as far as it was asked."""
    shock = None
    if options.shock:
        shock = under_shock(scenario, plan.trades, options.shock, options.say)
    if not options.baseline or options.transfers_only:
        return Comparisons(NOT_ASKED, shock=shock)
    options.say("solving each book alone")
    baseline = stand_alone(scenario)
    strip = impact_strip(scenario, options.say) if options.strip else []
    return Comparisons(baseline, by_hand(scenario), strip, shock)


def _same_run(out: Path, run_id: str, replace: bool) -> dict[str, bytes] | None:
    """The folder's files where it holds this very run. Raises FolderTaken, Tampered."""
    if not out.exists():
        return None
    if not out.is_dir():
        raise FolderTaken(f"{out} is not a folder: name another")
    files = read_folder(out)
    try:
        written = json.loads(files[MANIFEST])
        same = written["run_id"] == run_id
    except (KeyError, ValueError, TypeError):
        same = False
    if same:
        faults = differences(written, files)
        if faults and not replace:
            raise Tampered(f"{out} holds this run, but " + "; ".join(faults[:5]))
        return None if faults else files
    if not replace and files:
        raise FolderTaken(f"{out} holds something else; name another folder, or use --replace")
    return None
