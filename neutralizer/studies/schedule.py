"""The orders of a proven run over a session: decided, rounded to lots, proven, written with the run itself."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from neutralizer.domain.money import cent, decimal
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Slices, Ticket, Wanted, split, with_the_hedges
from neutralizer.errors import InputsRefused, Issue, ProofFailed
from neutralizer.load.profile import FILE as PROFILE
from neutralizer.load.profile import read_profile
from neutralizer.load.written.plain import read_json
from neutralizer.planning.timetable import in_lots, timetable
from neutralizer.prepare.session import session_of, u_shaped
from neutralizer.proof.ledger import rebuild
from neutralizer.proof.timetable import faults
from neutralizer.records.finished import Finished, as_written, finished
from neutralizer.records.folder import new_folder, read_folder
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.writing import csv_rows
from neutralizer.report.again import plan_of, unlike_values
from neutralizer.report.files import parsed
from neutralizer.report.timetable import CSV, JSON, PAGE, Scheduled, Told, files, page, table, told
from neutralizer.verify import Standing, stands

USUAL = 0.1  # what one deviation weighs against cost
RUN = "run/"  # where the run lies in a schedule's folder


@dataclass(frozen=True)
class Asked:
    """What a schedule weighs: `deviations` of what is open, 0.1 where nothing else is said; none where it is to be
    done by `finish`, after which nothing is sent.
    """

    deviations: float | None = None
    risk_aversion: float | None = None
    pace: float = 2.0
    finish: time | None = None
    assumed: bool = False  # whether the slices are the session's own, U-shaped
    close: time | None = None  # of the session, where it ends earlier than on other days

    @property
    def weight(self) -> float:
        """Of one deviation."""
        if self.deviations is not None:
            return self.deviations
        return 0.0 if self.finish is not None else USUAL

    def written(self) -> Told:
        """As schedule.json has it."""
        end = None if self.finish is None else f"{self.finish:%H:%M}"
        return {
            "deviations": None if self.risk_aversion is not None else float(self.weight),
            "risk_aversion": None if self.risk_aversion is None else float(self.risk_aversion),
            "pace": float(self.pace),
            "finish": end,
            "profile": "assumed" if self.assumed else "given",
            "close": None if self.close is None else f"{self.close:%H:%M}",
        }

    @staticmethod
    def read(value: Told) -> "Asked":
        """Of schedule.json. Raises KeyError, ValueError, TypeError."""
        deviations, risk_aversion, pace = (
            value[k] for k in ("deviations", "risk_aversion", "pace")
        )
        ends = (value[k] for k in ("finish", "close"))
        end, close = (None if x is None else time.fromisoformat(x) for x in ends)
        numbers = [float(x) for x in (deviations or 0.0, risk_aversion or 0.0, pace)]
        if not all(math.isfinite(x) and x >= 0 for x in numbers) or pace < 1:
            raise ValueError("numbers that no schedule asks for")
        aversion = None if risk_aversion is None else numbers[1]
        return Asked(numbers[0], aversion, numbers[2], end, value["profile"] == "assumed", close)


@dataclass(frozen=True)
class _Base:
    """A run that stands, and what its tickets order."""

    run: Finished
    standing: Standing
    scenario: Scenario
    plan: Plan
    tickets: tuple[Ticket, ...]


def schedule(
    folder: Path, profile: bytes | None, out: Path, asked: Asked, say: Callable[[str], None]
) -> Told:
    """What is told of the schedule that is written. Raises InputsRefused, ProofFailed, Tampered, NotSolved,
    FolderTaken, Locked, CannotWrite.
    """
    say("proving the run")
    base = _based(finished(folder))
    if not base.tickets:
        remedy = "there is nothing to schedule"
        raise InputsRefused([Issue("hedges.csv", 0, "", None, "the run orders nothing", remedy)])
    data, asked = _profile(base, profile, asked)
    slices = _slices(base, data, asked)
    wanted = _wanted(base, slices, asked)
    say("deciding")
    found = timetable(base.scenario, base.plan, slices, wanted, say)
    units = split(base.scenario, in_lots(base.scenario, found.sent), base.tickets)
    solver = {
        "impact": round(found.cost, 2),
        "deviation": round(found.deviation, 2),
        "gap": round(found.gap, 4),
    }
    later = any(x.any() for x in with_the_hedges(base.plan))
    booked = int(found.sent.booked.argmax()) if later else -1
    made = _scheduled(base, slices, wanted, asked, units, booked, solver)
    written = files(made)
    say("proving")
    _prove(base, slices, wanted, units)
    whole = {RUN + name: content for name, content in base.run.files.items()}
    new_folder(out, whole | written | {PROFILE: data})
    return told(made)


def verify_schedule(folder: Path) -> Told:
    """Proves the run and its schedule from the files of the folder alone, and writes the schedule again. Raises
    InputsRefused, ProofFailed, Tampered.
    """
    base = _based(finished(folder / RUN))
    with as_written(folder):
        there = {
            name: data for name, data in read_folder(folder).items() if not name.startswith(RUN)
        }
        values: Told = read_json(there[JSON])
        asked, written = Asked.read(values["asked"]), there[CSV]
        slices = _slices(base, there[PROFILE], asked)
        wanted = _wanted(base, slices, asked)
        units = _units(base, slices, csv_rows(written)[1])
        booked = _booked(base, slices, values["phase_2_with_slice"])
        solver = {k: float(values["before_lots"][k]) for k in ("impact", "deviation", "gap")}
    _prove(base, slices, wanted, units)
    s = base.scenario
    known = session_of(s.calendar, s.execution_date, s.as_of.tzinfo)
    if known is not None and _profile(base, there[PROFILE], asked)[1].close != asked.close:
        raise ProofFailed([f"the session of {s.calendar} does not close when schedule.json says"])
    made = _scheduled(base, slices, wanted, asked, units, booked, solver)
    wrong = [] if table(made) == written else [f"{CSV} is not what follows from its quantities"]
    wrong += [f"{JSON}: {x}" for x in unlike_values("", values, told(made), cent(s.base_currency))]
    wrong += [] if there[PAGE] == page(values) else [f"{PAGE} does not show what {JSON} says"]
    wrong += [
        f"{x} is no file of a schedule" for x in sorted(there.keys() - {CSV, JSON, PAGE, PROFILE})
    ]
    if wrong:
        raise ProofFailed(wrong)
    return values


def _based(run: Finished) -> _Base:
    standing = stands(run)
    s, read = standing.scenario, parsed(run.files)
    ledger = rebuild(s, read, [])
    tickets = tuple(
        Ticket(
            r["ticket_id"],
            ledger.order_of_ticket[r["ticket_id"]],
            r["side"],
            decimal(r["quantity"]),
        )
        for r in read["hedges.csv"]
    )
    return _Base(run, standing, s, plan_of(s, read, ledger), tickets)


def _profile(base: _Base, given: bytes | None, asked: Asked) -> tuple[bytes, Asked]:
    """The rows of the slices, as given or by the session, and when a short session closes. Raises InputsRefused."""
    s = base.scenario
    session = session_of(s.calendar, s.execution_date, s.as_of.tzinfo)
    close = session.close.time() if session is not None and session.is_short else None
    asked = replace(asked, assumed=given is None, close=close)
    if given is not None:
        return given, asked
    if session is None:
        named = f"the session on {s.execution_date} is not known"
        remedy = "name a file with --profile, or set calendar to an exchange such as XNYS (with the extra `schedule`)"
        raise InputsRefused([Issue("scenario.yaml", 0, "calendar", s.calendar, named, remedy)])
    return u_shaped(session).encode(), asked


def _slices(base: _Base, profile: bytes, asked: Asked) -> Slices:
    s = base.scenario
    close = _at(s, asked.close)
    ordered = np.unique(s.orders.tradable[np.flatnonzero(base.plan.trades.order)])
    return read_profile(profile, s, base.standing.loaded.inputs, ordered, close)


def _at(s: Scenario, when: time | None) -> datetime | None:
    """On the execution date, at the offset of as_of."""
    return None if when is None else datetime.combine(s.execution_date, when, s.as_of.tzinfo)


def _said(s: Scenario, slices: Slices, asked: Asked) -> list[str]:
    """What a person should know of the slices."""
    found = []
    if asked.assumed:
        found.append(
            "half hours of the session, U-shaped: an assumption, not a measurement; --profile takes yours"
        )
    if asked.close is not None:
        found.append(
            f"{s.calendar} closes at {asked.close:%H:%M} on {s.execution_date}: what lies later is left out"
        )
    left = float(slices.duration.sum())
    if left < 1 - 1e-9:
        found.append(
            f"{left:.0%} of the session is still to come, with less volume than the plan counted on: orders cost more"
        )
    return found


def _wanted(base: _Base, slices: Slices, asked: Asked) -> Wanted:
    """Raises InputsRefused where no slice ends in time, or an order cannot be done in those that do."""
    s = base.scenario
    end = _at(s, asked.finish)
    open_ = np.array([end is None or x <= end for x in slices.end], dtype=bool)
    t = s.orders.tradable
    need = np.bincount(t, np.abs(base.plan.trades.order), len(s.tradables.ids))
    most = np.where(np.isfinite(s.tradables.cap), s.tradables.cap, np.inf) * asked.pace
    share = (slices.share * open_[None, :]).sum(axis=1)
    late = [
        s.tradables.ids[n]
        for n in np.flatnonzero(need).tolist()
        if share[n] == 0 or need[n] > most[n] * share[n] * (1 + 1e-9)
    ]
    if late:
        where = (
            ("--pace", f"{asked.pace:g}") if end is None else ("--finish", f"{asked.finish:%H:%M}")
        )
        reason = f"too little volume until then for {', '.join(late[:5])} at {asked.pace:g} times the day's participation"
        remedy = "raise --pace, finish later, or run for the next day"
        raise InputsRefused([Issue(where[0], 0, "", where[1], reason, remedy)])
    return Wanted(asked.risk_aversion, asked.weight, asked.pace, open_)


def _scheduled(
    base: _Base,
    slices: Slices,
    wanted: Wanted,
    asked: Asked,
    units: Any,
    booked: int,
    solver: Told,
) -> Scheduled:
    s = base.scenario
    of_run = {
        "run_id": base.run.run_id,
        "manifest_sha256": hashlib.sha256(base.run.files[MANIFEST]).hexdigest(),
        "scenario": s.name,
        "execution_date": s.execution_date.isoformat(),
        "base_currency": s.base_currency,
        "findings": _said(s, slices, asked),
    }
    return Scheduled(
        s, base.plan, slices, base.tickets, units, booked, wanted, asked.written(), solver, of_run
    )


def _prove(base: _Base, slices: Slices, wanted: Wanted, units: Any) -> None:
    found = list(faults(base.scenario, slices, base.tickets, units, int(wanted.open.sum())))
    if found:
        raise ProofFailed(found)


def _booked(base: _Base, slices: Slices, written: Any) -> int:
    """The slice, from 0, with which what is of phase 2 is booked; −1 where there is nothing. Raises ValueError."""
    later = any(x.any() for x in with_the_hedges(base.plan))
    if (written is not None) != later or (later and written not in range(1, slices.count + 1)):
        raise ValueError(f"phase 2 is booked with slice {written}")
    return int(written) - 1 if later else -1


def _units(
    base: _Base, slices: Slices, rows: list[dict[str, str]]
) -> dict[str, tuple[Decimal, ...]]:
    found = {t.ticket_id: [Decimal(0)] * slices.count for t in base.tickets}
    for row in rows:
        found.setdefault(row["ticket_id"], [Decimal(0)] * slices.count)[int(row["slice"]) - 1] += (
            decimal(row["quantity"])
        )
    return {ticket: tuple(own) for ticket, own in found.items()}
