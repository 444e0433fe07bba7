"""Why: of a finished run, of a refused one, or of a scenario that is not yet run."""

from collections.abc import Callable
from pathlib import Path

from neutralizer.domain.summary import Refusal, Summary
from neutralizer.errors import Infeasible, InputsRefused, Issue, Tampered
from neutralizer.load.scenario import load
from neutralizer.load.written.plain import read_json
from neutralizer.records.finished import as_written
from neutralizer.records.folder import read_folder, refused_folder
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import SUMMARY, differences
from neutralizer.records.ours import CONFLICTS
from neutralizer.records.writing import csv_rows
from neutralizer.report.refused import refused_files
from neutralizer.report.terminal import Files
from neutralizer.report.why import line_page, plan_page
from neutralizer.report.why_not import refusal_page

Say = Callable[[str], None]


def explain(path: Path, overrides: tuple[str, ...], line: str | None, say: Say) -> str:
    """The explanation as text. Raises InputsRefused where there is nothing to explain."""
    if (path / "scenario.yaml").is_file():
        files = _tried(path, overrides, say)
    else:
        refused = refused_folder(path)
        files = read_folder(path if path.is_dir() or not refused.is_dir() else refused)
    if CONFLICTS in files:
        with as_written(path):
            return refusal_page(Refusal.read(files[SUMMARY]), csv_rows(files[CONFLICTS])[1])
    if SUMMARY not in files:
        remedy = "name a scenario's folder, a run's, or a refused run's"
        raise InputsRefused([Issue(str(path), 0, "", None, "holds nothing to explain", remedy)])
    _untouched(files, path)
    with as_written(path):
        if line is None:
            return plan_page(Summary.read(files[SUMMARY]), files)
        found = line_page(files, line)
    if found is None:
        remedy = "take a ticket_id out of hedges.csv, internal_transfers.csv or cash_transfers.csv"
        raise InputsRefused([Issue(str(path), 0, "--line", line, "no such ticket", remedy)])
    return found


def _tried(path: Path, overrides: tuple[str, ...], say: Say) -> Files:
    """The files a run of the scenario would write, or those of its refusal."""
    from neutralizer.run import Options, run

    options = Options(overrides=overrides, baseline=False, report=False, dry_run=True, say=say)
    try:
        return run(path, None, options).files
    except Infeasible as refusal:
        return refused_files(refusal, load(path, overrides).scenario, "")


def _untouched(files: Files, path: Path) -> None:
    try:
        faults = differences(read_json(files[MANIFEST]), files) if MANIFEST in files else []
    except (KeyError, ValueError, TypeError, AttributeError):
        faults = ["manifest.json is not what was written"]
    if faults:
        raise Tampered(f"{path}: " + "; ".join(faults[:5]))


def barriers(path: Path, overrides: tuple[str, ...], say: Say) -> str:
    """What opening the barriers would save, line by line."""
    from neutralizer.face import read_either
    from neutralizer.studies.openings import openings

    scenario = read_either(path, overrides).loaded
    found = openings(scenario.scenario, say)
    if not found:
        return "no barrier stands between books of one owner"
    money = scenario.scenario.base_currency
    lines = [f"{'what would be opened':<56}{'saves, ' + money:>22}"]
    lines += [
        f"  {o.change[:53]:<54}{'no answer' if o.saving is None else f'{o.saving:,.2f}':>22}"
        for o in found
    ]
    return "\n".join(lines)
