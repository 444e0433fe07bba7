"""Why not, on a terminal: what conflicts, who owns it, what each must give. At most 80 columns."""

import textwrap
from collections.abc import Iterable

from neutralizer.domain.summary import Refusal
from neutralizer.domain.wishes import is_wish
from neutralizer.report.terminal import MOST_LINES, amount, more
from neutralizer.report.words import cut

Row = dict[str, str]
MOST_ALIKE = 4  # mandates or targets of one book in one conflict
LIFTED = {
    "participation": "at most {upper} units of it may be traded outside",
    "mandate": "it must stay between {lower} and {upper} units",
    "route": "at most {upper} {unit} may go that way",
    "borrowing": "at most {upper} {unit} may be borrowed",
    "margin": "the account is called for margin on what it holds",
    "barrier": "its books may not cross with other groups",
}


def refusal_page(refusal: Refusal, rows: list[Row]) -> str:
    """What a refused run says, from its files."""
    said = [_wrapped(f"{refusal.name}: {text}") for text in refusal.findings]
    return "\n\n".join([*said, conflicts_page(rows)])


def conflicts_page(rows: list[Row]) -> str:
    """What stands in the way, who owns it, what each alone must give."""
    parts = []
    given = _unique(r for r in rows if r["relaxation"])
    if given:
        title = "together they must give at least"
        parts.append(
            "\n".join([title, *(f"  {_given(r)}" for r in given[:MOST_LINES]), *more(given)])
        )
    for number in sorted({r["conflict_set"] for r in rows} - {""}, key=int):
        members = [r for r in rows if r["conflict_set"] == number]
        head = f"conflict {number}: no plan keeps these together, and every one is needed for that"
        parts.append("\n".join([head, *_members(members)]))
    if any(r["conflict_set"] for r in rows):
        parts.append(
            _wrapped(
                "Let one member of each conflict give, ask its owner, or run with --best-effort for "
                "the plan that comes nearest."
            )
        )
    return "\n\n".join(parts)


def _unique(rows: Iterable[Row]) -> list[Row]:
    return list({(r["limit_id"], r["scope"]): r for r in rows}.values())


def _given(row: Row) -> str:
    what = f"{amount(row['relaxation'])} {row['unit']}"
    return f"{cut(row['limit_id'], 26):<27}{cut(row['scope'], 20):<21}{what:>28}"


def _members(rows: list[Row]) -> list[str]:
    """Each at length; of one book's mandates or targets, where they are many, the first few and then the
    names of the rest.
    """
    found, alike = [], dict[tuple[str, str], list[Row]]()
    for r in rows:
        wish = r["kind"] == "limit" and is_wish(r["limit_id"], r["scope"], r["target"])
        if wish or r["kind"] == "mandate":
            alike.setdefault(("target" if wish else "mandate", r["scope"]), []).append(r)
        else:
            found.append(_member(r))
    for (kind, scope), its in sorted(alike.items()):
        told = its if len(its) <= MOST_ALIKE else its[: MOST_ALIKE - 1]
        found += [_member(r) for r in told]
        names = ", ".join(r["target"] for r in its[len(told) :])
        if names:
            rest = (
                f"and {len(its) - len(told)} more {kind}s of {scope.removeprefix('book:')}: {names}"
            )
            found.append(textwrap.fill(rest, 79, initial_indent="  ", subsequent_indent="      "))
    return found


def _member(row: Row) -> str:
    lines = [f"  {row['kind']} {row['limit_id']} ({row['scope']}): {_asks(row)}"]
    if row["before"]:
        lines.append(f"now {amount(row['before'])} {row['unit']}")
    if row["alone"]:
        lines.append(f"alone it must give {amount(row['alone'])} {row['unit']}")
    if row["comes_from"]:
        lines.append(f"comes from {row['comes_from']}")
    said = [row["description"], f"owner {row['owner']}" if row["owner"] else ""]
    lines.extend(text for text in said if text)
    first = textwrap.fill(lines[0], 79, subsequent_indent="      ", break_long_words=False)
    rest = [
        textwrap.fill(text, 79, initial_indent="      ", subsequent_indent="        ")
        for text in lines[1:]
    ]
    return "\n".join([first, *rest])


def _asks(row: Row) -> str:
    if row["kind"] in LIFTED:
        ends = {k: amount(row[k]) if row[k] else "any number of" for k in ("lower", "upper")}
        return LIFTED[row["kind"]].format(unit=row["unit"], **ends)
    what = f"{row['measure']} {row['target']}".strip()
    if row["lower"] and row["lower"] == row["upper"]:
        return f"{what} exactly {amount(row['upper'])}"
    words = (("at least", row["lower"]), ("at most", row["upper"]))
    return f"{what} {', '.join(f'{word} {amount(end)}' for word, end in words if end)}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 79, break_long_words=False)
