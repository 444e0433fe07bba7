"""Commands that decide and explain: run, verify, explain."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neutralizer.cli.headings import GroupedOptions
from neutralizer.cli.options import (
    AS_CSV,
    BARRIERS,
    FOLDER,
    LINE,
    NEW_FOLDER,
    OVERRIDES,
    PROFILE,
    PROVE_AGAINST,
    RUN,
    WEIGHED,
)
from neutralizer.cli.talk import progress, say_notices, show

if TYPE_CHECKING:
    from neutralizer.decide import Options


class RunCommand(GroupedOptions):
    """The options of `run` by what they change."""

    headings = (
        ("The folder", "out replace dry_run report"),
        ("What is decided", "transfers_only relax best_effort costs overrides repair_psd"),
        ("What it is compared with", "baseline strip shock"),
        ("What the inputs are held against", "live day previous handoff"),
        ("Let pass", "accept_jump accept_stale waived_by waiver_reason until"),
        ("A released run taken over", "supersede reason"),
        ("Who, and where it is kept", "by journal"),
        ("What is said", "as_json quiet verbose"),
    )


@click.command(cls=RunCommand)
@click.argument("scenario", type=FOLDER)
@RUN
def run(scenario: Path, out: Path | None, as_json: bool, quiet: bool, options: "Options") -> None:
    """Decide, prove, write the tickets: the main job."""
    from neutralizer.errors import Infeasible, NotSolved
    from neutralizer.report.terminal import one_line, page
    from neutralizer.run import run as whole_trip

    try:
        outcome = whole_trip(scenario, out, options)
    except (Infeasible, NotSolved):
        _point(scenario, options)
        raise
    say_notices(outcome.notices)
    if as_json:
        click.echo(json.dumps(outcome.summary.written(), indent=2, ensure_ascii=False))
    else:
        show(one_line(outcome.summary) if quiet else page(outcome.summary, outcome.files))
    if not quiet and outcome.already_there:
        show(f"this same run is already in {out}: nothing was touched", err=True)
    elif not quiet and not as_json:
        show(
            f"\nwritten and proven: {out}"
            if out and not options.dry_run
            else "\nproven; nothing written"
        )


def _point(scenario: Path, options: "Options") -> None:
    """Says what looks wrong in the inputs of a run that has no plan."""
    from neutralizer.load.scenario import load
    from neutralizer.report.look.traps import MATTER

    stale = frozenset(options.against.waivers.stale)
    s = load(scenario, options.overrides, stale).scenario
    for sentence in (x for trap in MATTER for x in trap(s)):
        show(f"neutralizer look {scenario}: {sentence}", err=True)


@click.command()
@click.argument("folder", type=FOLDER)
@PROVE_AGAINST
def verify(folder: Path, scenario: Path | None) -> None:
    """Prove a finished folder's tickets, or a schedule's, from the files alone."""
    if (folder / "schedule.json").is_file():
        from neutralizer.report.timetable import one_line as of_schedule
        from neutralizer.studies.schedule import verify_schedule

        show(of_schedule(verify_schedule(folder)) + " | proven")
        return
    from neutralizer.report.terminal import one_line
    from neutralizer.verify import verify as prove_folder

    summary = prove_folder(folder, scenario, say=partial(show, err=True))
    show(one_line(summary) + " | proven")


@click.command()
@click.argument("folder", type=FOLDER)
@LINE
@BARRIERS
@OVERRIDES
def explain(folder: Path, line: str | None, barriers: bool, overrides: tuple[str, ...]) -> None:
    """Say why: of a run's folder, a refused one, or a scenario."""
    from neutralizer import explain as why

    say = progress(quiet=False, verbose=False)
    if barriers:
        show(why.barriers(folder, overrides, say))
    else:
        show(why.explain(folder, overrides, line, say))


@click.command(name="what-if")
@click.argument("scenario", type=FOLDER)
@click.argument("changes", nargs=-1, required=True, metavar="LIMIT=VALUE...")
@AS_CSV
@OVERRIDES
def what_if(
    scenario: Path, changes: tuple[str, ...], as_csv: bool, overrides: tuple[str, ...]
) -> None:
    """Say what other bounds would cost: solved again with each, and with all of them.

    LIMIT=VALUE sets the only bound of a limit, or both ends of its band; LIMIT.lower=VALUE and
    LIMIT.upper=VALUE one of them; `none` takes it away.
    """
    from neutralizer.face import read_either
    from neutralizer.records.writing import csv_bytes
    from neutralizer.report.cases import case_rows, cases_page
    from neutralizer.studies.what_if import COLUMNS
    from neutralizer.studies.what_if import what_if as study

    loaded = read_either(scenario, overrides).loaded
    found = study(loaded.scenario, changes, progress(quiet=False, verbose=False))
    if as_csv:
        click.echo(csv_bytes(COLUMNS, case_rows(found)).decode(), nl=False)
    else:
        show(cases_page(found, loaded.scenario.base_currency))


@click.command()
@click.argument("folder", type=FOLDER)
@NEW_FOLDER
@PROFILE
@WEIGHED
def schedule(folder: Path, out: Path, profile: Path | None, **weighed: Any) -> None:
    """Spread a proven run's orders over the session: cheap, and not open for long."""
    from neutralizer.prepare.readers import bytes_of
    from neutralizer.report.timetable import on_a_terminal
    from neutralizer.studies.schedule import Asked
    from neutralizer.studies.schedule import schedule as whole

    say = progress(quiet=False, verbose=False)
    data = None if profile is None else bytes_of(profile)
    told = whole(folder, data, out, Asked(**weighed), say)
    show(on_a_terminal(told))
    show(f"\nwritten and proven: {out}")
