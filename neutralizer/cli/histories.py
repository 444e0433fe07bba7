"""Commands that learn from the past: estimate, calibrate, signals."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from neutralizer.cli import options as asked
from neutralizer.cli.talk import progress, say_notices, show


@click.command()
@click.argument("history", type=asked.FOLDER)
@asked.SCENARIO
@asked.NEW_FOLDER
@asked.METHOD
@asked.AS_OF
@asked.INFLATE
@asked.OVERRIDES
def estimate(
    history: Path,
    scenario: Path,
    out: Path,
    method: str,
    as_of: date | None,
    inflate: bool,
    overrides: tuple[str, ...],
) -> None:
    """Estimate a scenario's risk tables from a history of prices."""
    from neutralizer.prepare.estimate.estimate import estimated
    from neutralizer.prepare.estimate.facts import facts_of
    from neutralizer.prepare.estimate.quality import quality
    from neutralizer.prepare.estimate.tables import files
    from neutralizer.prepare.history.folder import read_past
    from neutralizer.records.folder import new_folder
    from neutralizer.report.quality import on_a_terminal, page
    from neutralizer.studies.inflate import inflated as study

    say = progress(quiet=False, verbose=False)
    facts = facts_of(scenario, overrides)
    found = estimated(read_past(history, as_of or facts.day), facts, method, say)
    grown = study(scenario, overrides, found, say) if inflate else None
    if grown is not None:
        found = replace(found, covariance=grown.covariance)
    told = quality(found) | ({} if grown is None else {"inflate": grown.written()})
    written = files(found) | {
        "quality.json": (json.dumps(told, indent=2) + "\n").encode(),
        "quality.html": page(told),
    }
    new_folder(out, written)
    say_notices(found.warnings)
    show(on_a_terminal(told))
    show(f"wrote {out}; tables.yaml there says what to write into scenario.yaml", err=True)


@click.command()
@click.argument("handoff", type=asked.FOLDER)
@asked.RUNS
@asked.NEW_FOLDER
def calibrate(handoff: Path, runs: Path, out: Path) -> None:
    """Say what fills cost against what plans said, and which cost parameters follow."""
    from neutralizer.prepare.calibrate.calibrate import by_class
    from neutralizer.prepare.calibrate.tables import files, values
    from neutralizer.records.folder import new_folder
    from neutralizer.report.calibration import on_a_terminal, page
    from neutralizer.studies.fills import fills_of

    say = progress(quiet=False, verbose=False)
    fills = fills_of(handoff, runs, say)
    say("calibrating")
    found = by_class(fills.tickets, fills.in_use)
    told = values(found, fills.left, fills.last.name, fills.last.base_currency)
    written = files(found, fills.last.costs) | {
        "calibration.json": (json.dumps(told, indent=2) + "\n").encode(),
        "calibration.html": page(told),
    }
    new_folder(out, written)
    show(on_a_terminal(told))
    show(f"wrote {out}; `run --costs {out / 'costs.yaml'}` takes what follows", err=True)


@click.command()
@click.argument("history", type=asked.FOLDER)
@asked.SCENARIO
@asked.NEW_FOLDER
@asked.FAMILIES
@asked.AS_OF
@asked.OVERRIDES
def signals(
    history: Path,
    scenario: Path,
    out: Path,
    column: str,
    as_of: date | None,
    overrides: tuple[str, ...],
) -> None:
    """Find prices of like instruments that are out today, and books' marks that differ."""
    from neutralizer.load.scenario import load
    from neutralizer.prepare.history.folder import read_past
    from neutralizer.prepare.signals.signals import signals as found_in
    from neutralizer.prepare.signals.tables import dislocations, values
    from neutralizer.records.folder import new_folder
    from neutralizer.report.signals import on_a_terminal, page

    s = load(scenario, overrides).scenario
    past = read_past(history, as_of or s.as_of.date())
    found = found_in(past, s, column, progress(quiet=False, verbose=False))
    told = values(found, past, s.name)
    written = {
        "dislocations.csv": dislocations(found),
        "signals.json": (json.dumps(told, indent=2) + "\n").encode(),
        "signals.html": page(told),
    }
    new_folder(out, written)
    show(on_a_terminal(told))
    show(f"wrote {out}; docs/history.md says how a scenario takes dislocations.csv", err=True)
