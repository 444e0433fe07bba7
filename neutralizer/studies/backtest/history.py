"""A history of days: a folder of scenarios, or of runs, whose inputs are scenarios."""

from dataclasses import dataclass
from pathlib import Path

from neutralizer.errors import InputsRefused, Issue, Issues
from neutralizer.face import Scenario, read, read_run
from neutralizer.load.written.columns import ACTIONS as ACTIONS_COLUMNS
from neutralizer.load.written.folder import SCENARIO_FILE
from neutralizer.load.written.table import read_csv, typed
from neutralizer.records.finished import finished
from neutralizer.records.manifest import INPUTS
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.one_file import content
from neutralizer.records.places import brought

NEXT, ACTIONS = "positions_next.csv", "actions.csv"
FEWEST = 3  # days


@dataclass(frozen=True)
class PastDay:
    """A day's scenario, and what its run left for the next day; None where there was no run."""

    scenario: Scenario
    planned: bytes | None

    @property
    def date(self) -> str:
        """Its business date."""
        return self.scenario.loaded.scenario.business_date.isoformat()


def past_days(history: str | Path) -> dict[str, bytes]:
    """Of a folder, or of a store that fsspec knows, as `_past_days` says. Raises as it does."""
    with brought(str(history), "HISTORY") as folder:
        return _past_days(folder)


def _past_days(folder: Path) -> dict[str, bytes]:
    """What travels of a history: DATE/inputs/FILE of each day, DATE/positions_next.csv where there was a run, and
    actions.csv where there is one: date, instrument_id, ratio, new_id. Raises InputsRefused where they are too few, of
    one date, or of several scenarios; Tampered.
    """
    if not folder.is_dir():
        raise _refused(folder, "there is no such folder", "name a folder of scenarios or of runs")
    found = list[PastDay]()
    for path in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if (path / MANIFEST).is_file():
            found.append(PastDay(read_run(path), finished(path).files[NEXT]))
        elif (path / SCENARIO_FILE).is_file():
            found.append(PastDay(read(path), None))
    names = {day.scenario.name for day in found}
    if len(found) < FEWEST:
        remedy = f"put at least {FEWEST} folders of scenarios or runs there"
        raise _refused(folder, f"{len(found)} days", remedy)
    if len(names) > 1:
        several = ", ".join(sorted(names)[:5])
        raise _refused(folder, f"several scenarios: {several}", "put one of them there")
    days = sorted(found, key=lambda day: day.date)
    twice = {day.date for day in days if sum(x.date == day.date for x in days) > 1}
    if twice:
        raise _refused(folder, f"two folders of {min(twice)}", "leave one of each date")
    files = {
        f"{day.date}/{INPUTS}{name}": data
        for day in days
        for name, data in day.scenario.loaded.bytes_read.items()
    }
    files |= {f"{d.date}/{NEXT}": d.planned for d in days if d.planned is not None}
    actions = content(folder / ACTIONS)
    return files if actions is None else files | {ACTIONS: _checked(actions)}


def _checked(data: bytes) -> bytes:
    """Raises InputsRefused where the actions cannot be read."""
    issues = Issues()
    raw = read_csv("actions", ACTIONS, data, issues)
    if raw is not None:
        typed(raw, ACTIONS_COLUMNS, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    return data


def _refused(folder: Path, reason: str, remedy: str) -> InputsRefused:
    return InputsRefused([Issue(str(folder), 0, "", None, reason, remedy)])
