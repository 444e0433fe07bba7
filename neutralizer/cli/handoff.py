"""Commands between a proven run and what operations book: new-key, approve, release, journal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from neutralizer.cli import options as asked
from neutralizer.cli.talk import show
from neutralizer.errors import DOES_NOT_FIT

if TYPE_CHECKING:
    from datetime import date, datetime

    from neutralizer.records.approvals import Subject


@click.command("new-key")
@click.argument("file", type=asked.FOLDER)
def new_key(file: Path) -> None:
    """Write a private key, print the public key for roles.yaml."""
    from neutralizer.errors import FolderTaken
    from neutralizer.records.keys import new_key as make
    from neutralizer.records.one_file import put

    if file.exists():
        raise FolderTaken(f"{file} is there already: name a new file")
    private, public = make()
    put(file, private, private=True)
    show(f"public_key: {public}")


@click.command()
@click.argument("what", type=asked.FOLDER)
@asked.BY
@asked.KEY
@asked.YES
@asked.JOURNAL
def approve(what: Path, by: str, key: Path, yes: bool, journal: Path | None) -> None:
    """Read and sign a run's folder, or a standing order."""
    from datetime import UTC, datetime

    from neutralizer.errors import NotApproved
    from neutralizer.handoff.approval import approve as sign
    from neutralizer.handoff.approval import firm_roles
    from neutralizer.records.journal import journalled

    with journalled(journal, "approve", by=by, folder=str(what)) as entry:
        firm_roles().require(by, "approve")
        now = datetime.now(UTC)
        subject, page, expires = _subject(what, by, now)
        entry.facts = {"approves": subject.what}
        show(page)
        if not (yes or click.confirm("\nsign this?")):
            raise NotApproved("it was not signed: who was asked said no")
        private = _private(key)
        locked = b"ENCRYPTED" in private
        passphrase = click.prompt("passphrase", hide_input=True, err=True) if locked else ""
        path = sign(subject, by, private, passphrase, now, expires)
    show(f"\nsigned by {by}, valid until {expires.isoformat(timespec='minutes')}: {path}")


def _private(key: Path) -> bytes:
    from neutralizer.errors import NotApproved
    from neutralizer.records.one_file import content

    found = content(key)
    if found is None:
        raise NotApproved(f"there is no key {key}: make one with `neutralizer new-key`")
    if key.stat().st_mode & 0o077:
        raise NotApproved(
            f"others may read the key {key}: it is not yours alone any more; make another with "
            "`neutralizer new-key`, and keep it with `chmod 600`"
        )
    return found


def _subject(what: Path, by: str, now: "datetime") -> "tuple[Subject, str, datetime]":
    """What is signed, what is read before, and until when the signature holds."""
    from neutralizer.errors import NotApproved
    from neutralizer.handoff.approval import firm_roles
    from neutralizer.handoff.pages import order_page, run_page
    from neutralizer.handoff.standing import read_order
    from neutralizer.records.finished import finished
    from neutralizer.verify import stands

    if what.is_file():
        order, subject = read_order(what)
        return subject, order_page(order), order.expires
    run = finished(what)
    standing = stands(run)
    if run.manifest["prepared_by"] == by:
        raise NotApproved(f"{by} prepared this run: another has to approve it")
    return run.subject, run_page(run, standing.scenario), now + firm_roles().approval_valid


@click.command()
@click.argument("folder", type=asked.FOLDER)
@asked.RELEASE_TO
@asked.AUTO
@asked.BY
@asked.JOURNAL
@asked.BY_DAY
@asked.MAIL
def release(
    folder: Path,
    to: Path,
    auto: Path | None,
    by: str,
    journal: Path | None,
    by_day: bool,
    mail: Path | None,
) -> None:
    """Hand an approved run's tickets over to operations."""
    from neutralizer.handoff.mail import released_mail
    from neutralizer.handoff.release import release as let_go
    from neutralizer.records.journal import journalled

    asked_for = {"folder": str(folder), "to": str(to), "auto": str(auto or "")}
    with journalled(journal, "release", by=by, **asked_for) as entry:
        found = let_go(folder, to, by, auto, entry, by_day)
        told = found.manifest
        entry.facts = {k: told[k] for k in ("run_id", "name", "business_date", "version")}
        entry.facts |= {"kinds": list(told["kinds"]), "already_there": found.already}
        entry.facts |= {k: told[k] for k in ("standing_order", "under_order", "released_at")}
    kinds = ", ".join(f"{k} {c['rows']}" for k, c in told["kinds"].items())
    if found.already:
        show(f"already released to {to}: nothing was touched", err=True)
    else:
        show(f"released {told['run_id']} v{told['version']} to {to}: {kinds}")
    if mail is not None:
        _write_mail(mail, released_mail(told, to / told["business_date"] if by_day else to))


def _write_mail(path: Path, data: bytes) -> None:
    """What it is about stands already: that it cannot be written is said, and is no failure."""
    from neutralizer.records.one_file import put

    try:
        put(path, data)
    except OSError as error:
        show(f"WARNING the mail was not written: {path}: {error.strerror}", err=True)


@click.command()
@click.argument("folder", type=asked.FOLDER)
@asked.BY
@asked.JOURNAL
@asked.BY_DAY
def allocate(folder: Path, by: str, journal: Path | None, by_day: bool) -> None:
    """Book each book's share of what brokers executed, by executions*.csv; 13 where one does not fit."""
    from neutralizer.handoff.allocate import allocate as book
    from neutralizer.handoff.allocate import booked_page, facts
    from neutralizer.records.journal import journalled

    with journalled(journal, "allocate", by=by, folder=str(folder)) as entry:
        found = book(folder, by_day, entry)
        if found.file is not None:
            entry.facts = facts(folder, found.file)
    show(booked_page(found))
    if found.file is None:
        show("nothing new to book", err=True)
    else:
        show(f"{found.file.name}: {len(found.file.rows)} lines in {folder}", err=True)
    if found.misfits:
        click.get_current_context().exit(DOES_NOT_FIT)


@click.command()
@click.argument("folder", type=asked.FOLDER)
@asked.LAST_LINES
@asked.NEW_JOURNAL
def journal(folder: Path, last: int, new: bool) -> None:
    """Check the journal's chain and print its last lines."""
    from neutralizer.records.journal import begin, events

    if new:
        show(f"began the journal {begin(folder)[:12]} in {folder}", err=True)
        return
    found = events(folder)
    for event in found[-last:]:
        words = [
            f"{k}={' '.join(str(v).split())}"
            for k, v in event.items()
            if k not in ("number", "at", "event", "previous", "hash", "figures", "pid", "host")
        ]
        show(f"{event['number']:>6} {event['at']} {event['event']:<9}" + " ".join(words))
    show(f"{len(found)} lines, the chain holds", err=True)


@click.command()
@click.argument("folder", type=asked.FOLDER)
@asked.ALL_TICKETS
@asked.OPEN_ORDERS
def status(folder: Path, whole: bool, open_orders: bool) -> None:
    """Say where released tickets stand, by what came back beside them; 13 where something does not fit."""
    from neutralizer.handoff import status as told
    from neutralizer.records.writing import csv_bytes

    found = told.status(folder)
    if open_orders:
        click.echo(csv_bytes(told.OPEN_COLUMNS, told.open_orders(found)).decode(), nl=False)
        for text in found.misfits:
            show(f"DOES NOT FIT: {text}", err=True)
    else:
        show(told.status_page(found, whole))
    if found.misfits:
        click.get_current_context().exit(DOES_NOT_FIT)


@click.command()
@click.argument("runs", type=asked.FOLDER)
@asked.FIRST_DAY
@asked.LAST_DAY
@asked.AS_CSV
def crosses(runs: Path, first: "date", last: "date", as_csv: bool) -> None:
    """Review what books passed to each other, pair by pair, over a folder of runs."""
    from neutralizer.handoff import crosses as review
    from neutralizer.records.writing import csv_bytes

    rows = review.pair_rows(review.crosses(runs, first, last))
    if as_csv:
        click.echo(csv_bytes(review.COLUMNS, rows).decode(), nl=False)
    else:
        show(review.crosses_page(rows))


@click.command()
@click.argument("folder", type=asked.FOLDER)
@asked.BOOK
@asked.NEW_FOLDER
@asked.WITH_PAGE
def view(folder: Path, book: str, out: Path, report: bool) -> None:
    """Write what one book may see of a run, and nothing of any other."""
    from neutralizer.handoff.view import view as write

    names = write(folder, book, out, report)
    show(f"wrote {out}: {', '.join(names)}", err=True)
