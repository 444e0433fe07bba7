"""Commands that decide and explain: run, verify, explain."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neutralizer.cli.headings import GroupedOptions
from neutralizer.cli.options import (
    BY,
    FOLDER,
    HANDOFF,
    JOURNAL,
    OVERRIDES,
    PREVIOUS,
    REPAIR,
    WAIVERS,
    day,
    with_repair,
)
from neutralizer.cli.talk import progress, say_notices

if TYPE_CHECKING:
    from datetime import timedelta

    from neutralizer.domain.record import Waivers


def _duration(text: str | None) -> "timedelta | None":
    from neutralizer.load.written.values import duration

    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise click.UsageError(f"--live {text}: {error}") from None


class RunCommand(GroupedOptions):
    """The options of `run` by what they change."""

    headings = (
        ("The folder", "out replace dry_run no_report"),
        ("What is decided", "transfers_only relax best_effort overrides repair_psd"),
        ("What it is compared with", "no_baseline strip shock"),
        ("What the inputs are held against", "live expect_date previous handoff"),
        ("Let pass", "accept_jump accept_stale waived_by waiver_reason until"),
        ("A released run taken over", "supersede reason"),
        ("Who, and where it is kept", "by journal"),
        ("What is said", "as_json quiet verbose"),
    )


@click.command(cls=RunCommand)
@click.argument("scenario", type=FOLDER)
@click.option("--out", type=FOLDER, help="The run's folder; it appears whole or not at all.")
@click.option("--replace", is_flag=True, help="Replace what stands in the folder.")
@click.option("--dry-run", is_flag=True, help="Decide and prove, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the page.")
@click.option("--quiet", "-q", is_flag=True, help="One line.")
@click.option("--verbose", "-v", is_flag=True, help="Say what is done even without a terminal.")
@click.option(
    "--transfers-only", is_flag=True, help="Cross only; nothing may end worse than before."
)
@click.option(
    "--relax", type=float, metavar="PRIORITY", help="Limits of this priority and after are soft."
)
@click.option(
    "--best-effort",
    is_flag=True,
    help="Where no plan keeps every limit: the one that comes nearest.",
)
@click.option("--no-baseline", is_flag=True, help="Do not solve each book alone.")
@click.option("--strip", is_flag=True, help="The saving at impact coefficients 0.03, 0.3 and 1.")
@click.option("--shock", default="", metavar="ID", help="Whether the plan survives this shock.")
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@click.option("--live", metavar="DURATION", help="Refuse an as_of further from the clock: 30m.")
@click.option("--expect-date", metavar="DATE", help="Refuse inputs of another business date.")
@PREVIOUS
@HANDOFF
@click.option("--supersede", type=FOLDER, help="The folder of a released run that this takes over.")
@click.option("--reason", default="", help="Why it is superseded.")
@BY
@JOURNAL
@WAIVERS
@REPAIR
@OVERRIDES
def run(
    scenario: Path,
    out: Path | None,
    replace: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    transfers_only: bool,
    relax: float | None,
    best_effort: bool,
    no_baseline: bool,
    strip: bool,
    shock: str,
    no_report: bool,
    live: str | None,
    expect_date: str | None,
    previous: Path | None,
    handoff: Path | None,
    supersede: Path | None,
    reason: str,
    by: str,
    journal: Path | None,
    waivers: "Waivers",
    repair_psd: bool,
    overrides: tuple[str, ...],
) -> None:
    """Decide, prove, write the tickets: the main job."""
    if out is None and not dry_run:
        raise click.UsageError("name the run's folder with --out, or try it with --dry-run")
    if transfers_only and (best_effort or relax is not None):
        raise click.UsageError(
            "--transfers-only gives nothing away: leave --relax and --best-effort"
        )
    if supersede is not None and not (reason and handoff):
        raise click.UsageError("--supersede needs --reason and --handoff")
    from neutralizer.gate.against import Against
    from neutralizer.report.terminal import one_line, page
    from neutralizer.run import Options
    from neutralizer.run import run as whole_trip

    expected = day(expect_date) if expect_date else None
    options = Options(
        transfers_only=transfers_only,
        best_effort=best_effort,
        relax=relax,
        baseline=not no_baseline,
        strip=strip,
        shock=shock,
        report=not no_report,
        against=Against(_duration(live), expected, previous, handoff, waivers),
        prepared_by=by,
        journal=journal,
        supersede=supersede,
        reason=reason,
        overrides=with_repair(overrides, repair_psd),
        replace=replace,
        dry_run=dry_run,
        say=progress(quiet, verbose),
    )
    outcome = whole_trip(scenario, out, options)
    say_notices(outcome.notices)
    if as_json:
        click.echo(json.dumps(outcome.summary, indent=2, ensure_ascii=False))
    else:
        click.echo(one_line(outcome.summary) if quiet else page(outcome.summary, outcome.files))
    if not quiet and outcome.already_there:
        click.echo(f"this same run is already in {out}: nothing was touched", err=True)
    elif not quiet and not as_json:
        click.echo(
            f"\nwritten and proven: {out}" if out and not dry_run else "\nproven; nothing written"
        )


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--scenario", type=FOLDER, help="Prove against this scenario, not DIR/inputs.")
def verify(folder: Path, scenario: Path | None) -> None:
    """Prove a finished folder's tickets from the files alone."""
    from neutralizer.report.terminal import one_line
    from neutralizer.verify import verify as prove_folder

    click.echo(one_line(prove_folder(folder, scenario)) + " | proven")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--line", metavar="TICKET", help="The arithmetic of one ticket.")
@click.option(
    "--barriers", is_flag=True, help="What opening the barriers would save; solves again."
)
@OVERRIDES
def explain(folder: Path, line: str | None, barriers: bool, overrides: tuple[str, ...]) -> None:
    """Say why: of a run's folder, a refused one, or a scenario."""
    from neutralizer import explain as why

    say = progress(quiet=False, verbose=False)
    if barriers:
        click.echo(why.barriers(folder, overrides, say))
    else:
        click.echo(why.explain(folder, overrides, line, say))


COMMANDS = (run, verify, explain)
