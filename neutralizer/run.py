"""The whole trip: folder -> scenario -> program -> solution -> plan -> proof -> run folder."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neutralizer import costs
from neutralizer.costs.attribution import by_book, fills_of
from neutralizer.domain.orders import crosses_only
from neutralizer.domain.plan import Booking, Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import FolderTaken, Infeasible, NeutralizerError, ProofFailed, Tampered
from neutralizer.load.scenario import Loaded, load
from neutralizer.output.files import SUMMARY, run_files
from neutralizer.output.folder import Staging, read_folder, refused_folder, remove, writing
from neutralizer.output.manifest import NAME as MANIFEST
from neutralizer.output.manifest import differences, manifest
from neutralizer.output.summary import release_phase, summarise
from neutralizer.output.writing import csv_bytes, json_bytes
from neutralizer.planning.compose import compose
from neutralizer.planning.lots import Rounded, whole_lots
from neutralizer.planning.minimum_sizes import without_small_lines
from neutralizer.planning.standard import Standard
from neutralizer.program.shadow import shadow_prices
from neutralizer.program.solve import Solution, cross_only, solve
from neutralizer.studies.baseline import NOT_ASKED, Baseline, stand_alone
from neutralizer.verify import proven

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a run was asked for."""

    overrides: tuple[str, ...] = ()
    transfers_only: bool = False
    baseline: bool = True
    replace: bool = False
    dry_run: bool = False
    say: Say = field(default=lambda text: None)


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its summary, its limits, and whether it was there already."""

    summary: dict[str, Any]
    files: dict[str, bytes]
    already_there: bool = False


def run(root: Path, out: Path | None, options: Options) -> Outcome:
    """The main job. Raises NeutralizerError; then `out` is as it was before."""
    loaded = load(root, options.overrides)
    run_id = loaded.run_id(options.transfers_only, options.baseline)
    if out is None or options.dry_run:
        return Outcome(*_decide(loaded, run_id, options))
    with writing(out) as staging:
        there = _same_run(out, run_id, options.replace)
        if there is not None:
            return Outcome(json.loads(there[SUMMARY]), there, already_there=True)
        try:
            summary, files = _decide(loaded, run_id, options, staging)
        except (Infeasible, ProofFailed) as refusal:
            _refuse(staging, refusal, loaded.scenario, run_id)
            raise
        staging.publish(out, options.replace)
        remove(refused_folder(out))
        return Outcome(summary, files)


def _decide(
    loaded: Loaded, run_id: str, options: Options, staging: Staging | None = None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    say = options.say
    scenario = crosses_only(loaded.scenario) if options.transfers_only else loaded.scenario
    say("solving")
    solution = cross_only(scenario) if options.transfers_only else solve(scenario)
    say("rounding to whole lots")
    started = time.perf_counter()
    rounded = _rounded(scenario, solution, options.transfers_only)
    rounding_seconds = time.perf_counter() - started
    plan = compose(scenario, rounded)
    baseline = NOT_ASKED
    if options.baseline and not options.transfers_only:
        say("solving each book alone")
        baseline = stand_alone(scenario)
    say("writing and proving")
    files = _written(loaded, scenario, plan, solution, rounded.report, baseline, run_id, options)
    settings = {
        "set": list(options.overrides),
        "transfers_only": options.transfers_only,
        "baseline": options.baseline,
        "freshness_not_checked": list(loaded.ages_not_checked),
    }
    seconds = {"solver": solution.solver["seconds"], "rounding": rounding_seconds}
    files[MANIFEST] = json_bytes(manifest(loaded.bytes_read, files, run_id, settings, seconds))
    if staging is not None:
        staging.write(files)
        files = staging.read()
    proven(loaded.scenario, files)
    return json.loads(files[SUMMARY]), files


def _rounded(scenario: Scenario, solution: Solution, transfers_only: bool) -> Rounded:
    """Whole lots without small lines; with them, where whole lots need them."""
    standard = Standard.of(scenario, transfers_only)
    if not transfers_only:
        held, answer = without_small_lines(scenario, solution)
        if held is not scenario:
            with suppress(Infeasible):
                return whole_lots(answer, held, standard)
    return whole_lots(solution, scenario, standard)


def _written(
    loaded: Loaded,
    scenario: Scenario,
    plan: Plan,
    solution: Solution,
    rounding: dict[str, Any],
    baseline: Baseline,
    run_id: str,
    options: Options,
) -> dict[str, bytes]:
    per_order = costs.amounts(plan.trades, scenario)
    order_costs = {t: per_order[t] for t in ("half_spread", "market_impact", "commission_tax")}
    booking = Booking(plan, scenario, run_id, order_costs, release_phase(scenario, plan))
    attributed = by_book(scenario, plan.trades, fills_of(plan))
    summary = summarise(booking, attributed, solution, baseline, rounding, options.transfers_only)
    shadow = None if options.transfers_only else shadow_prices(solution, scenario)
    return run_files(booking, attributed, solution.trades, shadow, summary, loaded.bytes_read)


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


def _refuse(staging: Staging, refusal: NeutralizerError, scenario: Scenario, run_id: str) -> None:
    """Publishes why nothing was published, beside the place where the run would stand."""
    conflicts = list(getattr(refusal, "conflicts", ()))
    findings = list(getattr(refusal, "findings", ())) or [str(refusal)]
    status = getattr(refusal, "reason", "proof_failed")
    columns = ("limit_id", "scope", "measure", "target", "relaxation", "owner")
    rows = [{c: _cell(row[c]) for c in columns} for row in conflicts]
    summary = {
        "run_id": run_id,
        "name": scenario.name,
        "as_of": scenario.as_of.isoformat(),
        "status": status,
        "findings": findings,
    }
    staging.write({SUMMARY: json_bytes(summary), "conflicts.csv": csv_bytes(columns, rows)})
    staging.publish(refused_folder(staging.target), replace=True)


def _cell(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)
