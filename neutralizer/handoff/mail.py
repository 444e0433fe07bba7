"""What left, as a mail: totals and what to do, no line of any ticket."""

import html
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from neutralizer.records.units import kind_of

TOTALS = ("quantity", "notional_base", "amount", "fee")


def released_mail(manifest: dict[str, Any], to: Path) -> bytes:
    """A mail about one release, as text and as HTML; who sends it names the addresses."""
    told = EmailMessage(policy=SMTP)
    lines = Counter[str]()
    for unit, control in manifest["kinds"].items():
        lines[kind_of(unit).replace("_", " ")] += control["rows"]
    kinds = ", ".join(f"{n} {kind}" for kind, n in lines.items())
    day, name = manifest["business_date"], manifest["name"]
    told["Subject"] = f"{day} {name}: released {kinds}"
    told["Date"] = format_datetime(datetime.fromisoformat(manifest["released_at"]))
    told["X-Neutralizer-Run"] = f"{manifest['run_id']} v{manifest['version']}"
    told.set_content("\n".join(_text(manifest, to)) + "\n")
    told.add_alternative(_page(manifest, to), subtype="html")
    return told.as_bytes()


def words(unit: str) -> str:
    """internal transfers, to be booked tonight"""
    kind, _, phase = unit.partition("_phase")
    when = {"1": ", before the hedges", "2": ", with the hedges"}
    return kind.replace("_", " ") + when.get(phase, "")


def _facts(manifest: dict[str, Any], to: Path) -> dict[str, str]:
    by = ", ".join(a["name"] for a in manifest["approved_by"])
    facts = {
        "run": f"{manifest['run_id']} v{manifest['version']}",
        "released": f"{manifest['released_at'][:19]}Z by {manifest['released_by']}",
        "approved by": by,
        "standing order": manifest["standing_order"] or "",
        "supersedes": manifest["supersedes"] or "",
        "folder": str(to),
    }
    return {name: text for name, text in facts.items() if text}


def _rows(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Kind, lines, totals, file."""
    for kind, control in manifest["kinds"].items():
        totals = control.get("totals", {})
        summed = ", ".join(f"{c} {totals[c]}" for c in TOTALS if c in totals)
        yield words(kind), str(control["rows"]), summed, control["file"]


BOOK = "Book only what has its .done beside it; copy the .done to .read when you have it."
AMENDED = "This replaces or cancels tickets of an earlier run: action and ref_ticket_id say which. Never book both."


def _text(manifest: dict[str, Any], to: Path) -> Iterator[str]:
    yield f"{manifest['business_date']} {manifest['name']}"
    yield from (f"  {name:<15} {text}" for name, text in _facts(manifest, to).items())
    for kind, lines, totals, file in _rows(manifest):
        yield ""
        yield f"{kind}: {lines} lines"
        yield from (f"  {text}" for text in (totals, file) if text)
    yield ""
    yield from ([AMENDED] if manifest["supersedes"] else [])
    yield BOOK


def _page(manifest: dict[str, Any], to: Path) -> str:
    def table(rows: list[list[str]], head: str) -> str:
        cells = ("".join(f"<td>{html.escape(x)}</td>" for x in row) for row in rows)
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        return f'<table cellpadding="4">{head}{body}</table>'

    title = html.escape(f"{manifest['business_date']} {manifest['name']}")
    facts = table([list(pair) for pair in _facts(manifest, to).items()], "")
    head = "<tr><th align=left>kind<th>lines<th align=left>totals<th align=left>file</tr>"
    kinds = table([list(row) for row in _rows(manifest)], head)
    amended = f"<p><b>{AMENDED}</b></p>" if manifest["supersedes"] else ""
    style = "font-family:sans-serif;font-size:14px"
    return f'<body style="{style}"><h2>{title}</h2>{facts}{kinds}{amended}<p>{BOOK}</p></body>'
