"""The command line: words in, exit code out. Nothing heavy is imported before a command runs."""

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from neutralizer import __version__

if TYPE_CHECKING:
    from neutralizer.errors import NeutralizerError
    from neutralizer.issues import Issue

EXAMPLES = ("two-desks", "equity-desks", "multi-asset")
CANNOT_WRITE, FAULT, CLOSED_PIPE = 9, 70, 128 + signal.SIGPIPE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="neutralizer")
def cli() -> None:
    """Passes risk between a firm's books, hedges what is left, moves the cash, writes the tickets.

    A scenario is a folder with a scenario.yaml; begin with `neutralizer init NAME`.
    """


@cli.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option(
    "--from", "example", type=click.Choice(EXAMPLES), default="two-desks", help="Which one."
)
def init(name: Path, example: str) -> None:
    """Write a ready scenario folder."""
    from neutralizer.errors import CannotWrite, FolderTaken

    if name.exists():
        raise FolderTaken(f"{name} is there already: name a new folder")
    try:
        shutil.copytree(
            _example(example), name, ignore=shutil.ignore_patterns("build.py", "__pycache__")
        )
    except OSError as error:
        raise CannotWrite(f"cannot write {name}: {error.strerror}") from None
    click.echo(f"wrote {name}; now: neutralizer run {name} --out {name}-run", err=True)


def _example(name: str) -> Path:
    """Shipped beside the modules in a wheel, beside the package in a checkout."""
    here = Path(__file__).parent
    return next(
        p for p in (here / "scenarios" / name, here.parent / "scenarios" / name) if p.is_dir()
    )


_set = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one setting."
)
_folder = click.Path(path_type=Path)


@cli.command()
@click.argument("scenario", type=_folder)
@_set
def check(scenario: Path, overrides: tuple[str, ...]) -> None:
    """Read and check everything, solve nothing."""
    from neutralizer.load.scenario import load

    loaded = load(scenario, overrides)
    _say_issues(loaded.warnings)
    s = loaded.scenario
    click.echo(
        f"OK {s.business_date} {s.name} | {len(s.books.ids)} books, {len(s.instruments.ids)} "
        f"instruments, {len(s.holdings.book)} holdings, {len(s.limits)} limits"
    )


@cli.command()
@click.argument("scenario", type=_folder)
@click.option("--out", type=_folder, help="The run's folder; it appears whole or not at all.")
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
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@_set
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
    no_report: bool,
    overrides: tuple[str, ...],
) -> None:
    """Decide, prove, write the tickets: the main job."""
    if out is None and not dry_run:
        raise click.UsageError("name the run's folder with --out, or try it with --dry-run")
    if transfers_only and (best_effort or relax is not None):
        raise click.UsageError(
            "--transfers-only gives nothing away: leave --relax and --best-effort"
        )
    from neutralizer.output.terminal import one_line, page
    from neutralizer.run import Options
    from neutralizer.run import run as whole_trip

    options = Options(
        transfers_only=transfers_only,
        best_effort=best_effort,
        relax=relax,
        baseline=not no_baseline,
        strip=strip,
        report=not no_report,
        overrides=overrides,
        replace=replace,
        dry_run=dry_run,
        say=_progress(quiet, verbose),
    )
    outcome = whole_trip(scenario, out, options)
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


def _progress(quiet: bool, verbose: bool) -> Any:
    """A word per stage, on a terminal or when asked; silence in cron."""
    if quiet or not (verbose or sys.stderr.isatty()):
        return lambda text: None
    return lambda text: click.echo(f"{text} …", err=True)


@cli.command()
@click.argument("folder", type=_folder)
@click.option("--scenario", type=_folder, help="Prove against this scenario, not DIR/inputs.")
def verify(folder: Path, scenario: Path | None) -> None:
    """Prove a finished folder's tickets from the files alone."""
    from neutralizer.output.terminal import one_line
    from neutralizer.verify import verify as prove_folder

    click.echo(one_line(prove_folder(folder, scenario)) + " | proven")


@cli.command()
@click.argument("folder", type=_folder)
@click.option("--line", metavar="TICKET", help="The arithmetic of one ticket.")
@click.option(
    "--barriers", is_flag=True, help="What opening the barriers would save; solves again."
)
@_set
def explain(folder: Path, line: str | None, barriers: bool, overrides: tuple[str, ...]) -> None:
    """Say why: of a run's folder, a refused one, or a scenario."""
    from neutralizer import explain as why

    say = _progress(quiet=False, verbose=False)
    if barriers:
        click.echo(why.barriers(folder, overrides, say))
    else:
        click.echo(why.explain(folder, overrides, line, say))


@cli.command()
@click.argument("table", required=False)
def columns(table: str | None) -> None:
    """Print the manual of the input tables."""
    from neutralizer.load.columns import SQUARE_TABLES, TABLES
    from neutralizer.load.manual import manual

    known = [*TABLES, *SQUARE_TABLES]
    if table is not None and table not in known:
        raise click.UsageError(f"no table {table}; known: {', '.join(known)}")
    click.echo(manual([table] if table else known))


@cli.command()
def schema() -> None:
    """Print the JSON Schema of scenario.yaml, for editors."""
    from neutralizer.load.settings import schema as json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _say_issues(issues: "tuple[Issue, ...]") -> None:
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for issue in issues:
        text = str(issue)
        red = colour and text.startswith("ERROR")
        click.echo(click.style(text, fg="red") if red else text, err=True)


def main() -> NoReturn:
    """Runs a command and ends with its exit code; a fault of the program itself is 70, never 1."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli.main(standalone_mode=False)
        sys.exit(0)
    except SystemExit as done:  # click ends a closed pipe with 1, which is kept for no fault
        sys.exit(CLOSED_PIPE if done.code == 1 else done.code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as usage:
        usage.show()
        sys.exit(2)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        sys.exit(_refused(error))


def _say_conflicts(error: "NeutralizerError") -> None:
    from neutralizer.output.refused import conflict_rows
    from neutralizer.output.why_not import conflicts_page

    click.echo("\n" + conflicts_page(conflict_rows(error)), err=True)


def _refused(error: Exception) -> int:
    """Says what is wrong on stderr; the exit code."""
    from neutralizer.errors import InputsRefused, NeutralizerError

    if isinstance(error, InputsRefused):
        _say_issues(error.issues)
        return error.exit_code
    if isinstance(error, NeutralizerError):
        click.echo(f"ERROR {error}", err=True)
        if getattr(error, "conflicts", ()):
            _say_conflicts(error)
        return error.exit_code
    if isinstance(error, OSError):
        click.echo(f"ERROR cannot write the output: {error.strerror}", err=True)
        return CANNOT_WRITE
    click.echo(f"ERROR a fault of neutralizer itself, please report: {error!r}", err=True)
    if "NEUTRALIZER_TRACEBACK" in os.environ:
        raise error
    return FAULT


def _terminated(number: int, frame: object) -> NoReturn:
    """SIGTERM ends the run like an exception, so that what was staged is removed."""
    raise SystemExit(128 + number)
