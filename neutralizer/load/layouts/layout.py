"""A layout as written: how the file is formed, which rows count, and where each of our columns is taken from."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from neutralizer.errors import Issues
from neutralizer.load.layouts.forms import (
    PLAIN_DATE,
    PLAIN_NUMBER,
    date_form,
    number_form,
    time_form,
)
from neutralizer.load.written import values
from neutralizer.load.written.yaml_text import read_yaml

EVERY = "*"  # of a `where` column: whatever is not blank


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked(read: Any) -> BeforeValidator:
    def text(value: Any) -> Any:
        if isinstance(value, str):
            read(value)
        return value

    return BeforeValidator(text)


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _factor(value: Any) -> Any:
    """Any number but nought, which would make nothing of everything."""
    if isinstance(value, str) and values.number(value) == 0:
        raise ValueError("write a number other than 0")
    return Decimal(value) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Format(_Strict):
    """How the file is formed, where it is not as ours are."""

    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = "utf-8"
    separator: Literal[",", ";", "|", "tab"] = ","
    number: Annotated[str, _checked(number_form)] = PLAIN_NUMBER
    date: Annotated[str, _checked(date_form)] = PLAIN_DATE
    time: str = ""  # ISO
    zone: str = ""  # of times without an offset
    header: str | None = None  # a cell of the header row; else the first row is it
    section: str | None = None  # the first cell of the rows that count, or of the row before them
    sheet: str = "1"  # of a workbook, counted from 1, or by its name
    footer: str | None = None  # a cell of the row that ends the table
    absent: Words = ()  # what stands for nothing, such as N/A
    wide: Literal["last", "all"] | None = None  # a row of names and a row of values for each label

    @model_validator(mode="after")
    def _time_has_a_clock(self) -> "Format":
        time_form(self.time, self.zone)
        return self


class Take(_Strict):
    """Where a column of ours is taken from: one of `of`, `long` and `short`, `size` and `side`."""

    of: Words = ()
    by: str | dict[str, str] | None = None  # a map file, or theirs: ours
    join: str | None = None  # what stands between several
    times: Annotated[Decimal, BeforeValidator(_factor)] = Decimal(1)
    long: str | None = None
    short: str | None = None
    size: str | None = None
    side: str | None = None
    negative: Words = ()
    positive: Words = ()
    constant: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"constant": value[1:]} if value.startswith("=") else {"of": [value]}

    @model_validator(mode="after")
    def _is_one_way(self) -> "Take":
        ways = (bool(self.of), bool(self.long or self.short), bool(self.size or self.side))
        if sum(ways) + (self.constant is not None) != 1:
            raise ValueError("take it from one of: a column, long and short, size and side, =TEXT")
        if ways[1] and not (self.long and self.short):
            raise ValueError("name both, long and short")
        if ways[2] and not (self.size and self.side and self.negative):
            raise ValueError("name size, side, and which sides are negative: [S, 2]")
        if len(self.of) > 1 and self.by is None and self.join is None:
            raise ValueError("of several columns say what joins them, or the map file: by")
        if isinstance(self.by, str) and self.join is not None:
            raise ValueError("a map file names the columns themselves: remove join")
        if {*self.negative} & {*self.positive}:
            raise ValueError("a side is negative or positive")
        if isinstance(self.by, dict) and len(self.of) > 1 and self.join is None:
            raise ValueError("of several columns say what joins them")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The sender's columns that it reads."""
        pair = (self.long, self.short, self.size, self.side)
        return (*self.of, *(name for name in pair if name))


class Layout(_Strict):
    """A sender's layout of one of our tables."""

    format: Format = Format()
    where: dict[str, Words] = {}  # rows with these values count
    leave: dict[str, Words] = {}  # rows with these do not
    columns: dict[str, Take]
    add: Words = ()  # columns of ours that are summed over rows of one key

    @model_validator(mode="after")
    def _is_one_reading(self) -> "Layout":
        if not self.columns:
            raise ValueError("name at least one column of ours, and where it is taken from")
        both = [
            c for c in self.where.keys() & self.leave.keys() if {*self.where[c]} & {*self.leave[c]}
        ]
        if both:
            raise ValueError(f"a value of {both[0]} stands in where and in leave")
        missing = sorted(set(self.add) - self.columns.keys())
        if missing:
            raise ValueError(f"add names what the layout does not take: {', '.join(missing)}")
        return self


@dataclass(frozen=True)
class Known:
    """A layout with the file it stands in; its map files lie beside it."""

    file: str
    layout: Layout

    def saying(self, values: dict[str, str]) -> "Known":
        """With columns of ours that are the same for the whole file, in place of what it takes of them."""
        constants = {name: Take(constant=text) for name, text in values.items()}
        columns = self.layout.columns | constants
        return replace(self, layout=self.layout.model_copy(update={"columns": columns}))

    def beside(self, name: str) -> str:
        """The name in the scenario's folder of a file that the layout names."""
        return (PurePosixPath(self.file).parent / name).as_posix()


def read_layout(file: str, data: bytes, issues: Issues) -> Known | None:
    """Reads a layout; None, with every mistake at its line, where there are any."""
    document = read_yaml(file, data, issues, plain_keys=False)
    if document is None:
        return None
    try:
        return Known(file, Layout.model_validate(document.root))
    except ValidationError as error:
        mistakes = error.errors()
    for mistake in mistakes:
        path = mistake["loc"]
        written = mistake["input"] if isinstance(mistake["input"], str) else None
        reason, remedy = "not a valid value", mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "extra_forbidden":
            hint = values.nearest(str(path[-1]), [*Layout.model_fields, *Format.model_fields])
            reason, remedy, written = "unknown key", "remove or rename it" + hint, None
        elif mistake["type"] == "missing":
            reason, remedy, written = "required key is missing", "add it", None
        dotted = ".".join(map(str, path))
        issues.error(file, document.line(path), dotted, written, reason, remedy)
    return None
