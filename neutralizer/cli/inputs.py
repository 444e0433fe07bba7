"""Commands about inputs: init, check, columns, schema, arrays, shocks."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neutralizer.cli import options as asked
from neutralizer.cli.talk import say_issues, say_notices, show

if TYPE_CHECKING:
    from neutralizer.domain.record import Waivers


@click.command()
@click.argument("name", type=asked.FOLDER)
@asked.EXAMPLE
@asked.POSITIONS
@asked.PRICES
def init(name: Path, example: str | None, positions: Path | None, prices: Path | None) -> None:
    """Write a ready scenario folder, or one around a file of positions."""
    from neutralizer.errors import CannotWrite, FolderTaken

    if (example and positions) or (prices and not positions):
        raise click.UsageError("--positions stands without --from, and --prices beside it")
    if name.exists():
        raise FolderTaken(f"{name} is there already: name a new folder")
    if positions is not None:
        _around(name, positions, prices)
        return
    example = example or asked.EXAMPLES[0]
    try:
        shutil.copytree(
            _example(example), name, ignore=shutil.ignore_patterns("build.py", "__pycache__")
        )
    except OSError as error:
        raise CannotWrite(f"cannot write {name}: {error.strerror}") from None
    show(f"wrote {name}; now: neutralizer run {name} --out {name}-run", err=True)


def _around(name: Path, positions: Path, prices: Path | None) -> None:
    from datetime import datetime

    from neutralizer.prepare.around import Sent, around
    from neutralizer.prepare.readers import bytes_of
    from neutralizer.records.folder import new_folder

    sent = [Sent(p.name, bytes_of(p)) for p in (positions, prices) if p is not None]
    now = datetime.now().astimezone()
    files = around(name.name, sent[0], sent[1] if prices else None, now)
    new_folder(name, files)
    drafted = files.get("layouts/positions.yaml", b"").decode().splitlines()
    say_notices([line.removeprefix("# ") for line in drafted if line.startswith("# check ")])
    show(f"wrote {name}; now: neutralizer check {name} says what is missing", err=True)


def _example(name: str) -> Path:
    """Shipped beside the modules in a wheel, beside the package in a checkout."""
    here = Path(__file__).parent.parent
    return next(
        p for p in (here / "scenarios" / name, here.parent / "scenarios" / name) if p.is_dir()
    )


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.PREVIOUS
@asked.HANDOFF
@asked.REPAIR
@asked.WAIVERS
@asked.OVERRIDES
def check(
    scenario: Path,
    previous: Path | None,
    handoff: Path | None,
    repair_psd: bool,
    waivers: "Waivers",
    overrides: tuple[str, ...],
) -> None:
    """Read and check everything, solve nothing."""
    from neutralizer.gate import checked
    from neutralizer.gate.against import Against

    against = Against(previous=previous, handoff=handoff, waivers=waivers)
    loaded = checked(scenario, asked.with_repair(overrides, repair_psd), against)
    say_notices([left for table in loaded.inputs.left.values() for left in table])
    say_issues(loaded.warnings)
    say_notices(loaded.notices)
    s = loaded.scenario
    show(
        f"OK {s.business_date} {s.name} | {len(s.books.ids)} books, {len(s.instruments.ids)} "
        f"instruments, {len(s.holdings.book)} holdings, {len(s.limits)} limits"
    )


@click.command()
@click.argument("table", required=False)
def columns(table: str | None) -> None:
    """Print the manual of the input tables."""
    from neutralizer.load.written.columns import SQUARE_TABLES, TABLES
    from neutralizer.load.written.manual import manual

    known = [*TABLES, *SQUARE_TABLES]
    if table is not None and table not in known:
        raise click.UsageError(f"no table {table}; known: {', '.join(known)}")
    show(manual([table] if table else known))


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.HTML
@asked.JSON
@asked.OVERRIDES
def look(scenario: Path, html: Path | None, as_json: bool, overrides: tuple[str, ...]) -> None:
    """Show what was read, and what looks wrong, before anything is solved."""
    from neutralizer.load.scenario import load
    from neutralizer.records.one_file import put
    from neutralizer.report.look import shown

    loaded = load(scenario, overrides)
    say_notices([left for table in loaded.inputs.left.values() for left in table])
    found = shown.look(loaded.scenario)
    if html is not None:
        put(html, shown.page(found))
        show(f"wrote {html}", err=True)
    if as_json:
        click.echo(json.dumps(found.written(), indent=2))
    elif html is None:
        show(shown.on_a_terminal(found))


@click.command("show")
@click.argument("scenario", type=asked.FOLDER)
@click.argument("table")
@asked.OVERRIDES
def show_table(scenario: Path, table: str, overrides: tuple[str, ...]) -> None:
    """Print a table as it was understood, as CSV."""
    from neutralizer.load.shown import shown

    data, elsewhere, left = shown(scenario, table, overrides)
    say_notices(left)
    if elsewhere:
        show(f"{elsewhere} errors elsewhere: neutralizer check {scenario}", err=True)
    click.echo(data, nl=False)


@click.command()
@click.argument("file", type=asked.FOLDER)
@asked.TABLE
def layout(file: Path, table: str) -> None:
    """Draft a layout from a sender's file."""
    from neutralizer.load.written.columns import TABLES
    from neutralizer.prepare.draft_layout import drafted
    from neutralizer.prepare.readers import bytes_of

    if table not in TABLES:
        raise click.UsageError(f"no table {table}; known: {', '.join(TABLES)}")
    click.echo(drafted(file.name, bytes_of(file), table), nl=False)


@click.command("model-card")
def model_card() -> None:
    """Print the model card that holds here."""
    from neutralizer.load.firm.model_card import card_here, page

    held = card_here()
    if held.value is not None:
        show(page(held.value))
    show(f"sha256 {held.sha256}", err=True)


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario.yaml, for editors."""
    from neutralizer.load.written.settings import schema as json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.NEW_FOLDER
@asked.OPTION_TERMS
@asked.SPREAD_CHARGE
@asked.SHORT_OPTION_MINIMUM
@asked.OVERRIDES
def arrays(
    scenario: Path,
    out: Path,
    options: Path | None,
    spread_charge: float,
    short_option_minimum: float,
    overrides: tuple[str, ...],
) -> None:
    """Build scan arrays from outright margins and option terms."""
    from neutralizer.load.scenario import load
    from neutralizer.prepare import scan_arrays as study
    from neutralizer.prepare.readers import read_options
    from neutralizer.records.folder import new_folder
    from neutralizer.records.writing import csv_bytes

    loaded = load(scenario, overrides).scenario
    terms = read_options(options) if options else None
    rows, groups = study.scan_tables(loaded, terms, spread_charge, short_option_minimum)
    files = {
        "scan_arrays.csv": csv_bytes(study.COLUMNS, rows),
        "scan_groups.csv": csv_bytes(study.GROUP_COLUMNS, groups),
    }
    new_folder(out, files)
    show(f"wrote {len(rows)} arrays in {len(groups)} product groups: {out}", err=True)


@click.command()
@click.argument("scenario", type=asked.FOLDER)
@asked.HISTORY
@asked.RETURN_DAYS
@asked.WORST
@asked.FILTERED
@asked.SHOCK_SET
@asked.OVERRIDES
def shocks(
    scenario: Path,
    history: Path,
    days: int,
    worst: int | None,
    filtered: bool,
    name: str,
    overrides: tuple[str, ...],
) -> None:
    """Print shocks built from a price history."""
    from neutralizer.load.scenario import load
    from neutralizer.prepare import shocks as study
    from neutralizer.prepare.readers import read_history
    from neutralizer.records.writing import csv_bytes

    loaded = load(scenario, overrides).scenario
    found = study.shock_rows(loaded, read_history(history), days, worst, filtered, name)
    click.echo(csv_bytes(study.COLUMNS, found).decode(), nl=False)


@click.command()
@click.argument("crif", type=asked.FOLDER)
@asked.PARAMETERS
@asked.RISK_DAYS
@asked.CURRENCY
@asked.RATE
def simm(crif: Path, parameters: Path, days: str, currency: str, rate: float) -> None:
    """Print the ISDA SIMM of a portfolio in the common risk interchange format."""
    from neutralizer.prepare.readers import read_crif, read_simm
    from neutralizer.records.writing import csv_bytes
    from neutralizer.terms.margin.simm import formula

    rows = read_crif(crif, currency)
    model = read_simm(parameters, int(days), rows, currency, rate)
    total, _, lines = formula(model, model.amount.sum(axis=1))
    columns = ("product_class", "risk_class", "measure", "margin")
    found = [(*key, amount) for key, amount in sorted(lines.items())] + [("", "", "", total)]
    table = [dict(zip(columns, (*x[:3], f"{x[3]:.2f}"), strict=True)) for x in found]
    click.echo(csv_bytes(columns, table).decode(), nl=False)
