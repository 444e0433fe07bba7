"""What a page is made of: sections of texts, tables and pictures, already in words."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_ROWS = 500  # rows of a table that are shown


@dataclass(frozen=True)
class Cell:
    """A text with a small second line, a bar of a share of its column, and the name of its number."""

    text: str
    note: str = ""
    share: float | None = None
    tone: str = ""  # good or bad: repeats what the words say
    key: str = ""


@dataclass(frozen=True)
class Column:
    """A head, and how its cells are set: text, prose that may wrap, number, bar, or code to copy."""

    title: str
    kind: str = "text"


def numbers(*titles: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(title, "number") for title in titles]


Cells = Sequence[str | Cell]


@dataclass(frozen=True)
class Table:
    """Rows as wide as the columns; `more` says what is not shown."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Cells]
    total: Cells = ()
    more: str = ""


@dataclass(frozen=True)
class Picture:
    """Drawn marks, the same in words, and a line that says how to read it."""

    svg: str
    alt: str
    key: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture with its numbers beside it."""

    picture: Picture
    table: Table
    caption: str


@dataclass(frozen=True)
class Text:
    """Sentences; one is a paragraph, several are a list."""

    sentences: Sequence[str]
    tone: str = ""


Part = Table | Figure | Text


@dataclass(frozen=True)
class Section:
    """One answer to one question."""

    name: str
    title: str
    lead: str
    parts: Sequence[Part]

    @staticmethod
    def kind(part: Part) -> str:
        """table, figure or text: what the template asks."""
        return type(part).__name__.lower()


def shown(rows: Sequence[Cells], file: str) -> tuple[Sequence[Cells], str]:
    """At most so many rows, and a word on the rest."""
    rest = len(rows) - MOST_ROWS
    return rows[:MOST_ROWS], f"and {rest:,} more in {file}" if rest > 0 else ""
