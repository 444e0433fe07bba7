"""Releases a proven run to operations: approved by enough people, or at night by a standing order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from neutralizer.domain.money import plain
from neutralizer.errors import InputsTooOld, NotApproved, Tampered
from neutralizer.gate.open_orders import not_on_its_way
from neutralizer.handoff.approval import approvers, firm_roles
from neutralizer.handoff.standing import (
    ONE_DAY,
    StandingOrder,
    beyond,
    left_before,
    read_order,
    size_of,
)
from neutralizer.load.firm.caps import caps_here
from neutralizer.load.firm.model_card import card_here
from neutralizer.load.firm.roles import roles_here
from neutralizer.records.approvals import Approval, Subject
from neutralizer.records.commit import COMMIT
from neutralizer.records.finished import Finished, finished
from neutralizer.records.handed import (
    AUTO,
    Handed,
    day_folder,
    hand_over,
    handed_over,
    stem,
    superseded_first,
)
from neutralizer.records.journal import Entry, events, not_ended
from neutralizer.records.journal import stands as stood
from neutralizer.records.one_file import holding
from neutralizer.records.superseded import is_what_left, kept, since
from neutralizer.records.units import UNITS, kind_of, split, tonight
from neutralizer.verify import Standing, stands

NO_ENTRY = Entry()  # of no journal


@dataclass(frozen=True)
class Released:
    """What left, and whether it had left before."""

    manifest: dict[str, Any]
    already: bool


def release(
    folder: Path,
    to: Path,
    name: str,
    order_file: Path | None,
    told: Entry = NO_ENTRY,
    by_day: bool = False,
) -> Released:
    """Hands over what is approved; under a standing order what the journal, which `told` is of, knows as
    it lies there. Raises NotApproved, Tampered, ProofFailed, FolderTaken, Locked,
    CannotWrite; then nothing was handed over.
    """
    now, run = datetime.now(UTC), finished(folder)
    firm_roles().require(name, "release")
    order, subject = (None, run.subject) if order_file is None else read_order(order_file)
    until = None if order is None else order.expires
    given = approvers(subject, run.manifest["prepared_by"], now, until)
    standing = stands(run)
    if standing.others:
        raise InputsTooOld(
            f"made by {standing.others}: run it again with this version, and release that"
        )
    if order is not None:
        _known(run, told.past)
    with holding(to):
        before = handed_over(to)
        day = (run.summary.name, run.summary.business_date)
        superseded_first(before, day, run.run_id, run.manifest["supersedes"])
        is_what_left(kept(run.files), before)
        _is_the_journal(run, before, told)
        own = [h for h in before if h.run_id == run.run_id]
        units = _left(run, own, order)
        if units is None:
            COMMIT.stand()
            return Released(own[-1].manifest, already=True)
        _up_to_date(run, to)
        manifest = _told(run, name, given, now) | {"journal": told.mark}
        if order is not None:
            manifest |= _at_night(order, subject, run, units, standing, before, told, to, now)
        parts = sum(h.manifest.get("standing_order") is not None for h in own)
        part = (AUTO + (str(parts + 1) if parts else "")) if order else ""
        own_stem = stem(date.fromisoformat(day[1]), run.run_id, run.manifest["version"], part)
        hand_over(day_folder(to, day[1] if by_day else ""), own_stem, units, manifest)
    return Released(manifest, already=False)


def _at_night(
    order: StandingOrder,
    subject: Subject,
    run: Finished,
    units: Mapping[str, bytes],
    standing: Standing,
    before: Sequence[Handed],
    told: Entry,
    to: Path,
    now: datetime,
) -> dict[str, Any]:
    """What the manifest says of the order that some units of a run leave under. Raises NotApproved where it
    does not let them: what left before stands in the journal as it is now, and in the folder that others
    release into too.
    """
    lines = [] if told.folder is None else events(told.folder)
    known = [e for e in lines if e["event"] == "COMPLETE"] + [h.manifest for h in before]
    own = size_of(units, standing.scenario)
    others = left_before(order, known)
    reasons = list(beyond(order, standing.scenario, run, own, others, now))
    reasons += [*_newer(run, known), *_elsewhere(run, units, known), *_under_way(told, now)]
    reasons += not_on_its_way(standing.loaded, to)
    if reasons:
        raise NotApproved(f"{order.name} does not let this leave: " + "; ".join(reasons[:10]))
    return {
        "standing_order": order.name,
        "standing_order_sha256": subject.sha256,
        "under_order": {"total": plain(sum(own.values(), Decimal(0))), "tickets": len(own)},
    }


def _newer(run: Finished, known: Sequence[Mapping[str, Any]]) -> list[str]:
    """Nothing older leaves after what is newer, wherever that went."""
    name, own = run.summary.name, run.summary.business_date
    days = {
        str(k["business_date"]) for k in known if k.get("name") == name and "business_date" in k
    }
    return [f"{day} of {name} has left already" for day in sorted(days) if day > own]


def _elsewhere(
    run: Finished, units: Mapping[str, bytes], known: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What of the run left before, into another folder."""
    gone = {k for x in known if x.get("run_id") == run.run_id for k in x.get("kinds") or ()}
    return [f"{unit} of this run left before" for unit in units if {unit, kind_of(unit)} & gone]


def _under_way(told: Entry, now: datetime) -> list[str]:
    """Releases under an order of which the journal has no end: what they let leave is not known yet."""
    if told.folder is None:
        return []
    return [
        f"a release under an order began at {e['at']} and its end is not in the journal: find out what left"
        for e in not_ended(told.folder, told, "auto")
        if datetime.fromisoformat(e["at"]) > now - ONE_DAY
    ]


def _known(run: Finished, past: Sequence[dict[str, Any]]) -> None:
    """Raises NotApproved where the journal does not hold the very manifest: what was recorded in a folder,
    as its notices, follows from nothing, and nobody reads them at night.
    """
    sha256 = run.subject.sha256
    if not any(e["event"] == "COMPLETE" and e.get("manifest_sha256") == sha256 for e in past):
        raise NotApproved(
            f"the journal does not know run {run.run_id} as it lies in {run.folder}: name with --journal "
            "the one that it was run with, or have a person release it"
        )


def _is_the_journal(run: Finished, before: Sequence[Handed], told: Entry) -> None:
    """Raises Tampered where the journal no longer has a line that this run or a release marked: it was cut,
    rolled back or written anew; and where the run was told to another journal.
    """
    if told.mark is None:
        return
    marks = [(f"run {run.run_id}", run.manifest.get("journal"))]
    marks += [(f"the release of {h.run_id}", h.manifest.get("journal")) for h in before]
    for what, mark in marks:
        try:
            other = mark is not None and mark["id"] != told.mark["id"]
            lost = mark is not None and not other and not stood(told.past, mark)
        except (KeyError, TypeError):
            other, lost = False, True
        if lost:
            raise Tampered(
                f"the journal has no longer the line that told of {what}: it was cut, rolled back or written "
                "anew; keep it, and ask who did"
            )
        if other:
            raise Tampered(
                f"{what} was told to another journal: name that one with --journal; a new journal begins "
                "with a new hand-off"
            )


def _up_to_date(run: Finished, to: Path) -> None:
    """Raises InputsTooOld where something of the superseded run came back after this run was made."""
    moved = since(run.files, to)
    if moved:
        raise InputsTooOld(
            f"{', '.join(moved[:5])} of the superseded run moved since this run was made: run again with "
            "--supersede, so that what is done is neither cancelled nor replaced"
        )


def _left(
    run: Finished, own: Sequence[Handed], order: StandingOrder | None
) -> dict[str, bytes] | None:
    """The units that have not left yet; None where all that is asked for has."""
    tickets = split(run.files)
    gone = {unit: data for h in own for unit, data in h.files.items()}
    changed = [unit for unit, data in gone.items() if tickets.get(unit) != data]
    if changed:
        raise Tampered(f"{', '.join(changed)} of this run left with other bytes before")
    asked = UNITS if order is None else tonight(order.kinds)
    left = {unit: tickets[unit] for unit in asked if unit not in gone}
    return left or None


def _told(
    run: Finished,
    name: str,
    given: Sequence[Approval],
    now: datetime,
) -> dict[str, Any]:
    """The manifest of a release, with the hashes of the firm's files that it left under."""
    s, m = run.summary, run.manifest
    return {
        "run_id": m["run_id"],
        "name": s.name,
        "business_date": s.business_date,
        "as_of": s.as_of,
        "version": m["version"],
        "supersedes": m["supersedes"],
        "prepared_by": run.manifest["prepared_by"],
        "approved_by": [{"name": a.name, "at": a.at, "signature": a.signature} for a in given],
        "standing_order": None,
        "standing_order_sha256": None,
        "under_order": None,
        "roles": roles_here().sha256,
        "firm_caps": caps_here().sha256,
        "model_card": card_here().sha256,
        "released_by": name,
        "released_at": now.isoformat(timespec="microseconds"),
        "manifest_sha256": run.subject.sha256,
        "kinds": {},
    }
