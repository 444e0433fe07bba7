"""The Python face: `import neutralizer as nz`. Scenarios from folders or tables, runs as DataFrames.

Reads, decides and proves as the command line does, by the same calls. No signal handler, stdout or
working folder is touched; pandas is loaded when a frame is asked for.
"""

import html
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neutralizer.decide import Decided, Options, decided
from neutralizer.domain.cases import Change
from neutralizer.domain.summary import Summary
from neutralizer.errors import InputsRefused, Issue
from neutralizer.gate import agrees
from neutralizer.gate.against import Against
from neutralizer.load import changes as changes_of
from neutralizer.load.firm.person import whoever
from neutralizer.load.scenario import Loaded, load
from neutralizer.load.written.canonical import Parts, canonical, change, given_parts, parts_of
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.given import Given, dotted
from neutralizer.load.written.memory import Memory
from neutralizer.records.finished import finished
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import REPORT, SUMMARY
from neutralizer.records.writing import csv_rows
from neutralizer.report.page import render
from neutralizer.report.tables.numbers import NUMBERS
from neutralizer.report.why import line_page, plan_page
from neutralizer.run import publish, shock_is_known
from neutralizer.verify import inputs_of, proven

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Report", "Run", "Scenario", "read", "scenario", "solve"]

KEEP: Any = object()  # a value that is left as it is


def read(folder: str | Path, overrides: tuple[str, ...] = ()) -> "Scenario":
    """A scenario's folder, read and checked, with settings changed as `--set` writes them. Raises InputsRefused with
    every issue, InputsTooOld.
    """
    path = Path(folder)
    loaded = load(path, overrides)
    return Scenario(loaded, Memory(loaded.bytes_read, folder=Folder(path)), str(path))


def read_run(folder: str | Path, overrides: tuple[str, ...] = ()) -> "Scenario":
    """What a finished run decided: its inputs with the settings it was asked for, and those changed now; how old its
    tables are by now is no matter. Raises InputsRefused, Tampered.
    """
    path = Path(folder)
    parts = parts_of(inputs_of(finished(path)).inputs)
    parts.root.pop("freshness", None)
    source = canonical(parts)
    return Scenario(load(source, overrides), source, str(path))


def read_either(folder: str | Path, overrides: tuple[str, ...] = ()) -> "Scenario":
    """Of a scenario's folder, or of a run's. Raises as `read` and `read_run`."""
    is_run = (Path(folder) / MANIFEST).is_file()
    return read_run(folder, overrides) if is_run else read(folder, overrides)


def from_files(files: Mapping[str, bytes], overrides: tuple[str, ...] = ()) -> "Scenario":
    """The same of what a folder holds, by name. Raises InputsRefused, InputsTooOld."""
    source = Memory(dict(files))
    return Scenario(load(source, overrides), source, "files in memory")


def scenario(**given: Any) -> "Scenario":
    """A scenario of tables and settings by the names they have in scenario.yaml.

    A table is a DataFrame, anything with `__arrow_c_stream__`, a dict of columns, a list of rows, or
    {"rows": one of them, "as_of": when it was taken}; NaN is blank. `risk` holds units, its tables and
    models. Raises InputsRefused with every issue, by the table's name and row, from 1; InputsTooOld.
    """
    return from_parts(given_parts(given))


@dataclass(frozen=True)
class Scenario:
    """Checked inputs. What changes one makes another."""

    loaded: Loaded
    _source: Memory
    _origin: str  # for the journal

    @property
    def name(self) -> str:
        """As the settings have it."""
        return self.loaded.scenario.name

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """What is odd in the inputs and does not refuse them."""
        return tuple(map(self._source.told, self.loaded.warnings))

    def __repr__(self) -> str:
        s = self.loaded.scenario
        return f"<Scenario {s.name} of {s.business_date}, {len(s.books.ids)} books>"

    def with_limit(
        self,
        limit_id: str,
        *,
        lower: Any = KEEP,
        upper: Any = KEEP,
        kind: Any = KEEP,
        on_breach: Any = KEEP,
        priority: Any = KEEP,
        penalty: Any = KEEP,
        to_a_lot: Any = KEEP,
    ) -> "Scenario":
        """With other values in the row of one limit; None is blank. Raises InputsRefused."""
        row = {"lower": lower, "upper": upper, "kind": kind, "on_breach": on_breach}
        row |= {"priority": priority, "penalty": penalty, "to_a_lot": to_a_lot}
        texts, parts = Given("limits"), parts_of(self.loaded.inputs)
        asked = {k: texts.setting(v, (k,)) for k, v in row.items() if v is not KEEP}
        if texts.mistakes:
            raise InputsRefused(texts.mistakes)
        change(parts, limit_id, asked)
        return from_parts(parts, self._origin)

    def changed(self, changes: Sequence[Change]) -> "Scenario":
        """With what a case of a study changes. Raises InputsRefused, also where there is nothing to change."""
        try:
            parts = changes_of.changed(self.loaded, changes)
        except ValueError as error:
            reason, _, remedy = str(error).partition("; ")
            raise InputsRefused([Issue("changes", 0, "", None, reason, remedy)]) from None
        return from_parts(parts, self._origin)

    def with_settings(self, **settings: Any) -> "Scenario":
        """With settings as `--set` makes them: costs={"booking_fee_bps": 0.2}. Raises InputsRefused."""
        texts = Given()
        found = texts.setting(settings, ())
        if texts.mistakes:
            raise InputsRefused(texts.mistakes)
        overrides = (*self.loaded.overrides, *dotted(found))
        source = self._source.fresh
        return Scenario(load(source, overrides), source, self._origin)


@dataclass(frozen=True)
class Report:
    """The page of a run, which shows itself in a notebook."""

    html: str

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="800" style="border:0"></iframe>'


class _Table:
    """A file of a run as a DataFrame: numbers are exact Decimals, None where blank; the rest is text."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __get__(self, run: "Run", owner: object = None) -> "DataFrame":
        import pandas

        header, rows = csv_rows(run.files[self.file])
        columns = {
            c: [(Decimal(r[c]) if r[c] else None) if c in NUMBERS else r[c] for r in rows]
            for c in header
        }
        return pandas.DataFrame(columns, columns=header, dtype=object)


@dataclass(frozen=True)
class Run:
    """A plan that was decided and proven, in memory."""

    scenario: Scenario
    run_id: str
    _decision: Decided = field(repr=False)
    _options: Options = field(repr=False)

    transfers = _Table("internal_transfers.csv")
    hedges = _Table("hedges.csv")
    allocations = _Table("hedge_allocations.csv")
    cash = _Table("cash_transfers.csv")
    margin = _Table("margin_movements.csv")
    positions_after = _Table("positions_after.csv")
    positions_next = _Table("positions_next.csv")
    limits = _Table("limits.csv")
    pools = _Table("pools.csv")
    collateral = _Table("collateral.csv")
    costs = _Table("costs.csv")
    reasons = _Table("reasons.csv")
    shadow_prices = _Table("shadow_prices.csv")
    books = _Table("books.csv")
    targets = _Table("targets.csv")
    shocks = _Table("shocks.csv")
    exposures = _Table("exposures.csv")
    book_factors = _Table("book_factors.csv")
    instrument_risk = _Table("instrument_risk.csv")
    risk = _Table("risk.csv")
    capital = _Table("capital.csv")
    evidence = _Table("evidence.csv")
    horizon = _Table("horizon.csv")
    horizon_limits = _Table("horizon_limits.csv")

    @property
    def files(self) -> Mapping[str, bytes]:
        """What `write` puts into the folder, by name, but the manifest."""
        return self._decision.files

    @property
    def summary(self) -> Summary:
        """As summary.json has it."""
        return Summary.read(self.files[SUMMARY])

    @property
    def report(self) -> Report:
        """The page; drawn now where `solve` was asked for none."""
        page = self.files.get(REPORT) or render(self.files)
        return Report(page.decode())

    def explain(self, ticket: str | None = None) -> str:
        """Why the plan, or one ticket of it, is as it is. Raises KeyError for no such ticket."""
        files = dict(self.files)
        page = plan_page(self.summary, files) if ticket is None else line_page(files, ticket)
        if page is None:
            raise KeyError(ticket)
        return page

    def write(
        self,
        folder: str | Path,
        *,
        by: str | None = None,
        journal: str | Path | None = None,
        handoff: str | Path | None = None,
        replace: bool = False,
    ) -> None:
        """The run's folder, as the command line writes it: under the firm's roles and caps, with its line
        in the journal, and as NEUTRALIZER_AS and NEUTRALIZER_JOURNAL have it where nothing is said.

        Raises NeutralizerError; then the folder is as it was before.
        """
        journal = journal or os.environ.get("NEUTRALIZER_JOURNAL") or None
        options = Options(
            **self._options.asked.written(),
            overrides=self._options.overrides,
            replace=replace,
            against=Against(handoff=Path(handoff) if handoff else None),
            prepared_by=by or os.environ.get("NEUTRALIZER_AS") or whoever(),
            journal=Path(journal) if journal else None,
        )
        s = self.scenario
        with _named(s._source):
            publish(s.loaded, self._decision, s._origin, Path(folder), options)


def solve(
    scenario: Scenario,
    *,
    transfers_only: bool = False,
    best_effort: bool = False,
    relax: float | None = None,
    baseline: bool = True,
    strip: bool = False,
    report: bool = True,
    shock: str = "",
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Decides and proves, with the options of `neutralizer run`; writes nothing, and asks for no roles.

    Raises Infeasible with what is in the way, NotSolved, ProofFailed, InputsRefused, InputsTooOld.
    """
    if transfers_only and (best_effort or relax is not None):
        raise ValueError("transfers_only gives nothing away: leave relax and best_effort")
    loaded = scenario.loaded
    options = Options(
        transfers_only, best_effort, relax, baseline, strip, report, shock,
        overrides=loaded.overrides, say=say,
    )  # fmt: skip
    with _named(scenario._source):
        agrees(loaded)
        shock_is_known(loaded, shock)
        run_id = loaded.run_id(options.asked)
        decision = decided(loaded, run_id, options)
        say("proving")
        proven(loaded, options.asked, run_id, decision.files, capped=False)
    return Run(scenario, run_id, decision, options)


def from_parts(parts: Parts, origin: str = "tables in memory") -> Scenario:
    """Of a scenario in pieces. Raises InputsRefused, InputsTooOld."""
    source = canonical(parts)
    return Scenario(load(source), source, origin)


@contextmanager
def _named(source: Memory) -> Iterator[None]:
    """Issues as the source tells them."""
    try:
        yield
    except InputsRefused as refused:
        raise InputsRefused([source.told(issue) for issue in refused.issues]) from None
