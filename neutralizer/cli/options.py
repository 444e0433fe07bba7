"""Every option of every command, each named once.

Where a command hands an option on, its parameter has the name of the field that takes it: `WAIVERS`
and `RUN` gather theirs by those names.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neutralizer.cli.talk import progress
from neutralizer.load.firm.person import whoever

if TYPE_CHECKING:
    from datetime import date, time, timedelta

    from neutralizer.decide import Options
    from neutralizer.domain.record import Waivers

Command = Callable[..., Any]
Option = Callable[[Command], Command]

FOLDER = click.Path(path_type=Path)
EXAMPLES = ("two-desks", "equity-desks", "multi-asset", "options", "rates", "funds", "curve")


def with_repair(overrides: tuple[str, ...], repair_psd: bool) -> tuple[str, ...]:
    """The overrides that --repair-psd is short for."""
    return (*overrides, "checks.repair_psd=yes") if repair_psd else overrides


def _date(context: click.Context, option: click.Parameter, text: str | None) -> "date | None":
    """Raises BadParameter."""
    from neutralizer.load.written.values import day

    try:
        return None if text is None else day(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: {error}") from None


def _duration(
    context: click.Context, option: click.Parameter, text: str | None
) -> "timedelta | None":
    """Raises BadParameter."""
    from neutralizer.load.written.values import duration

    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: {error}") from None


def _time(context: click.Context, option: click.Parameter, text: str | None) -> "time | None":
    """Raises BadParameter."""
    from neutralizer.load.written.values import time_of_day

    try:
        return None if text is None else time_of_day(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: {error}") from None


def _not(context: click.Context, option: click.Parameter, given: bool) -> bool:
    """`--no-report` is `report=False`."""
    return not given


def _together(*options: Option) -> Option:
    """Several options as one decorator, in the order in which they are written."""

    def wrap(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return wrap


# Of several commands.

NO_BASELINE = click.option(
    "--no-baseline",
    "baseline",
    is_flag=True,
    callback=_not,
    help="Do not solve each book alone: faster, and no saving in the summary.",
)

OVERRIDES = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one setting, such as costs.booking_fee_bps=0.2.",
)
REPAIR = click.option(
    "--repair-psd",
    is_flag=True,
    help="Repair a covariance that is not positive semidefinite, and say so.",
)
PREVIOUS = click.option(
    "--previous", type=FOLDER, help="An earlier run's folder, to hold the inputs against."
)
HANDOFF = click.option(
    "--handoff", type=FOLDER, help="The folder that operations read and write back into."
)
BY = click.option(
    "--as",
    "by",
    metavar="NAME",
    envvar="NEUTRALIZER_AS",
    show_envvar=True,
    default=whoever,
    show_default="the system's user",
    help="Who you are, as roles.yaml has it.",
)
JOURNAL = click.option(
    "--journal",
    type=FOLDER,
    envvar="NEUTRALIZER_JOURNAL",
    show_envvar=True,
    help="The folder of the journal.",
)
HTML = click.option("--html", type=FOLDER, metavar="FILE", help="Write a page for a browser.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print every row as JSON.")
TABLE = click.option("--table", required=True, help="Which table of ours it holds.")
FAMILIES = click.option(
    "--by",
    "column",
    default="underlying",
    show_default=True,
    metavar="COLUMN",
    help="A text column of instruments: those of one value carry one exposure.",
)
RUNS = click.option(
    "--runs", type=FOLDER, required=True, help="A folder below which the runs' folders lie."
)
NEW_FOLDER = click.option("--out", type=FOLDER, required=True, help="A new folder for the files.")

# Of studies.


def _one_or_two(
    context: click.Context, option: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Raises BadParameter."""
    if len(names) > 2 or len(set(names)) < len(names):
        raise click.BadParameter("name one limit, or two that are not the same")
    return names


GRID = click.option(
    "--grid",
    type=FOLDER,
    required=True,
    metavar="FILE",
    help="What is changed and to which values, as YAML: docs/studies.md.",
)
SKETCH = _together(
    click.option(
        "--sketch",
        is_flag=True,
        help="Solve every case before lots, and make runs only of the cheapest and of those picked.",
    ),
    click.option(
        "--best",
        type=click.IntRange(0, 1000),
        default=None,
        help="With --sketch: of how many of the cheapest a run is made.  [default: 10]",
    ),
    click.option(
        "--pick",
        "picked",
        type=int,
        multiple=True,
        metavar="CASE",
        help="With --sketch: a run of this case too. May be given again, also after a study has ended.",
    ),
)
BEFORE_LOTS = click.option("--sketch", is_flag=True, help="Before lots, which is faster.")
TRIED = click.option(
    "--grid",
    type=FOLDER,
    metavar="FILE",
    help="Settings that are tried, as YAML: docs/studies.md.  [default: those of --set together]",
)
LIMITS = click.option(
    "--limit",
    "names",
    multiple=True,
    required=True,
    callback=_one_or_two,
    metavar="LIMIT",
    help="Its only bound, or both ends of its band alike; LIMIT.lower or LIMIT.upper: one of them. May be given twice.",
)
POINTS = click.option(
    "--points",
    type=click.IntRange(3, 200),
    help="Bounds of each limit that are tried.  [default: 20; of two limits 7 each]",
)
STUDY = click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    help="Of the study, new or to go on with; s3://bucket/name and the like with the extra `sweep`.",
)
WHERE = _together(
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help="Processes of this machine.",
    ),
    click.option(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="Of a Dask cluster that is there instead, such as tcp://host:8786.",
    ),
)

# Of `schedule`.

PROFILE = click.option(
    "--profile",
    type=FOLDER,
    metavar="FILE",
    help="Slices and shares of the day's volume.  [default: half hours of the calendar's session]",
)
_SIZE = click.FloatRange(min=0, max=1e12)
WEIGHED = _together(
    click.option(
        "--deviations",
        type=_SIZE,
        help="What one deviation of what is still open weighs against cost; 0: by volume.  "
        "[default: 0.1, with --finish 0]",
    ),
    click.option(
        "--risk-aversion",
        type=_SIZE,
        help="Instead: base currency per unit of variance over a whole session.",
    ),
    click.option(
        "--pace",
        type=click.FloatRange(min=1, max=1000),
        default=2.0,
        show_default=True,
        help="The most of a slice's volume, as times the day's participation.",
    ),
    click.option(
        "--finish", metavar="HH:MM", callback=_time, help="Nothing is sent later.", default=None
    ),
)

# Of the commands about inputs.

EXAMPLE = click.option(
    "--from",
    "example",
    type=click.Choice(EXAMPLES),
    help="Which one.  [default: two-desks]",
)
POSITIONS = click.option(
    "--positions", type=FOLDER, metavar="FILE", help="Write a scenario around a file of positions."
)
PRICES = click.option(
    "--prices", type=FOLDER, metavar="FILE", help="Its prices, a row or a column each."
)
OPTION_TERMS = click.option(
    "--options", type=FOLDER, help="Terms or greeks of options, a CSV file."
)
SPREAD_CHARGE = click.option(
    "--spread-charge", type=float, required=True, help="Of a spread, as a share of one outright."
)
SHORT_OPTION_MINIMUM = click.option(
    "--short-option-minimum",
    type=float,
    default=0.0,
    show_default=True,
    help="A unit, as a share of one outright.",
)
SCENARIO = click.option(
    "--scenario", type=FOLDER, required=True, help="Whose instruments they are."
)
METHOD = click.option(
    "--method",
    default="auto",
    show_default=True,
    help="Of the covariance; auto compares all on this history.",
)
INFLATE = click.option(
    "--inflate",
    is_flag=True,
    help="Grow it until it holds for the books that the program decides on past days.",
)
AS_OF = click.option(
    "--as-of",
    callback=_date,
    metavar="DATE",
    help="Nothing later is looked at.  [default: the scenario's]",
)
HISTORY = click.option(
    "--history", type=FOLDER, required=True, help="Prices by day and instrument, CSV."
)
RETURN_DAYS = click.option(
    "--days", type=click.IntRange(1, 20), default=1, show_default=True, help="Of each return."
)
WORST = click.option(
    "--worst", type=click.IntRange(1), help="Only the days that cost the firm most."
)
FILTERED = click.option("--filtered", is_flag=True, help="Past returns at today's volatility.")
SHOCK_SET = click.option("--name", default="", help="The shocks' set.")
PARAMETERS = click.option(
    "--parameters", type=FOLDER, required=True, help="Of one SIMM version, XML."
)
RISK_DAYS = click.option(
    "--days",
    type=click.Choice(["10", "1"]),
    default="10",
    show_default=True,
    help="Margin period of risk.",
)
CURRENCY = click.option(
    "--currency", default="USD", show_default=True, help="Of the amounts and of the calculation."
)
RATE = click.option(
    "--rate", type=float, default=1.0, show_default=True, help="That currency per US dollar."
)

# Of verify and explain.

PROVE_AGAINST = click.option(
    "--scenario", type=FOLDER, help="Prove against this scenario, not FOLDER/inputs."
)
LINE = click.option("--line", metavar="TICKET", help="The arithmetic of one ticket.")
BARRIERS = click.option(
    "--barriers", is_flag=True, help="What opening the barriers would save; solves again."
)

# Of the commands between a run and operations.

KEY = click.option("--key", type=FOLDER, required=True, help="Your private key, PEM.")
YES = click.option("--yes", is_flag=True, help="Do not ask; for what was read before.")
RELEASE_TO = click.option(
    "--to", type=FOLDER, required=True, help="The folder that operations read."
)
AUTO = click.option(
    "--auto", type=FOLDER, metavar="FILE", help="A standing order: what it lets leave."
)
BY_DAY = click.option(
    "--by-day", is_flag=True, help="Into a folder of the date, YYYY-MM-DD, in that folder."
)
MAIL = click.option(
    "--mail", type=FOLDER, metavar="FILE", help="Write a mail about it: totals, no ticket."
)
LAST_LINES = click.option(
    "--last", type=click.IntRange(1), default=40, show_default=True, help="So many lines."
)
NEW_JOURNAL = click.option("--new", is_flag=True, help="Begin a journal in a folder without one.")
ALL_TICKETS = click.option(
    "--all", "whole", is_flag=True, help="Every ticket, not only those that are open."
)
OPEN_ORDERS = click.option(
    "--open-orders", is_flag=True, help="Print the input table open_orders, CSV."
)
FIRST_DAY = click.option(
    "--from", "first", required=True, metavar="DATE", callback=_date, help="First business date."
)
LAST_DAY = click.option(
    "--to", "last", required=True, metavar="DATE", callback=_date, help="Last business date."
)
AS_CSV = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
BOOK = click.option("--book", required=True, help="Whose view.")
WITH_PAGE = click.option("--report", is_flag=True, help="Write the book's page too.")

# What somebody lets pass: what, and who, why and until when, or none of it.

_WAIVING = _together(
    click.option(
        "--accept-jump",
        multiple=True,
        metavar="ID",
        help="Let an id move over ten times.",
    ),
    click.option(
        "--accept-stale",
        multiple=True,
        metavar="TABLE",
        help="Let a table, the model_card or costs be too old.",
    ),
    click.option("--waived-by", default="", metavar="NAME", help="Who lets it pass."),
    click.option("--waiver-reason", default="", metavar="TEXT", help="Why."),
    click.option(
        "--until",
        default="",
        metavar="INSTANT",
        help="How long that holds, such as 2024-06-28T23:00:00-04:00.",
    ),
)


def WAIVERS(command: Command) -> Command:
    """Adds the five options and gives the command one `waivers`."""

    @wraps(command)
    def with_waivers(
        accept_jump: tuple[str, ...],
        accept_stale: tuple[str, ...],
        waived_by: str,
        waiver_reason: str,
        until: str,
        **others: Any,
    ) -> Any:
        found = _waivers(accept_jump, accept_stale, waived_by, waiver_reason, until)
        return command(waivers=found, **others)

    return _WAIVING(with_waivers)


def _waivers(
    jumps: tuple[str, ...], stale: tuple[str, ...], by: str, reason: str, until: str
) -> "Waivers":
    """Raises UsageError where a part is missing."""
    from neutralizer.domain.record import NO_WAIVERS, Waivers
    from neutralizer.load.written.values import identifier, instant

    accepted, said = bool(jumps or stale), (by, reason.strip(), until)
    if not accepted and not any(said):
        return NO_WAIVERS
    if not accepted or not all(said):
        raise click.UsageError(
            "--accept-jump and --accept-stale need --waived-by, --waiver-reason and --until"
        )
    try:
        return Waivers(jumps, stale, identifier(by), reason, instant(until))
    except ValueError as error:
        raise click.UsageError(f"--waived-by or --until: {error}") from None


# Of the main job.

_RUNNING = _together(
    click.option("--out", type=FOLDER, help="The run's folder; it appears whole or not at all."),
    click.option(
        "--replace", is_flag=True, help="Replace the run that stands in the folder, in one step."
    ),
    click.option("--dry-run", is_flag=True, help="Decide and prove, write nothing."),
    click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the page."),
    click.option("--quiet", "-q", is_flag=True, help="One line, for a mail."),
    click.option("--verbose", "-v", is_flag=True, help="Say what is done even without a terminal."),
    click.option(
        "--transfers-only",
        is_flag=True,
        help="Cross only, order nothing outside; nothing may end worse than before.",
    ),
    click.option(
        "--relax",
        type=float,
        metavar="PRIORITY",
        help="Hard limits of this priority and after are soft.",
    ),
    click.option(
        "--best-effort",
        is_flag=True,
        help="Where no plan keeps every limit: the one that comes nearest, and say so.",
    ),
    NO_BASELINE,
    click.option(
        "--strip",
        is_flag=True,
        help="The saving at impact coefficients 0.03, 0.3 and 1; solves six times more.",
    ),
    click.option(
        "--shock",
        default="",
        metavar="ID",
        help="Whether the plan survives this shock, and what would be needed then.",
    ),
    click.option(
        "--no-report", "report", is_flag=True, callback=_not, help="Do not write report.html."
    ),
    click.option(
        "--live",
        metavar="DURATION",
        callback=_duration,
        help="Refuse an as_of further from the clock, such as 30m.",
    ),
    click.option(
        "--expect-date",
        "day",
        metavar="DATE",
        callback=_date,
        help="Refuse inputs of another business date.",
    ),
    PREVIOUS,
    HANDOFF,
    click.option(
        "--supersede", type=FOLDER, help="The folder of a released run that this takes over."
    ),
    click.option("--reason", default="", help="Why it is superseded."),
    BY,
    JOURNAL,
    WAIVERS,
    REPAIR,
    click.option(
        "--costs",
        type=FOLDER,
        metavar="FILE",
        help="Cost parameters that `calibrate` wrote; --set beats them.",
    ),
    OVERRIDES,
)


def RUN(command: Command) -> Command:
    """Adds the options of `run`; how it is asked for comes to the command as one `options`."""

    @wraps(command)
    def with_options(
        scenario: Path, out: Path | None, as_json: bool, quiet: bool, **asked: Any
    ) -> Any:
        _refuse_contradictions(out, asked)
        return command(scenario, out, as_json, quiet, _options(quiet, asked))

    return _RUNNING(with_options)


def _refuse_contradictions(out: Path | None, asked: dict[str, Any]) -> None:
    """Raises UsageError."""
    if out is None and not asked["dry_run"]:
        raise click.UsageError("name the run's folder with --out, or try it with --dry-run")
    if asked["transfers_only"] and (asked["best_effort"] or asked["relax"] is not None):
        raise click.UsageError(
            "--transfers-only gives nothing away: leave --relax and --best-effort"
        )
    if asked["supersede"] is not None and not (asked["reason"] and asked["handoff"]):
        raise click.UsageError("--supersede needs --reason and --handoff")


def _options(quiet: bool, asked: dict[str, Any]) -> "Options":
    """By name: what `Against` has a field for goes there, all else is a field of `Options`."""
    from neutralizer.decide import Options
    from neutralizer.gate.against import Against
    from neutralizer.load.firm.costs import read_costs

    rest = dict(asked)
    if any(x.startswith("costs.valid_until") for x in rest["overrides"]):
        raise click.UsageError(
            "--set does not move costs.valid_until: calibrate anew, or --accept-stale costs"
        )
    costs = None if rest["costs"] is None else read_costs(rest["costs"])
    rest["costs"] = None if costs is None else costs.written
    overrides = (() if costs is None else costs.overrides) + rest.pop("overrides")
    held = {f.name: rest.pop(f.name) for f in fields(Against) if f.name in rest}
    return Options(
        against=Against(**held),
        prepared_by=rest.pop("by"),
        overrides=with_repair(overrides, rest.pop("repair_psd")),
        say=progress(quiet, rest.pop("verbose")),
        **rest,
    )
