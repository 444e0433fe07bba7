"""Prints docs/settings.md from the models that check the settings:
`python docs/build_settings.py > docs/settings.md`.
"""

import sys
import types
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from neutralizer.load.written.settings import Settings

HEAD = """\
# The settings of scenario.yaml

Printed by `python docs/build_settings.py` from the models that check the settings; correct it there, not
here. `neutralizer schema` prints the same as JSON Schema, for editors. `--set costs.impact_coefficient=0.3`
overrides one setting for one run; a table cannot be overridden.

An id is up to 64 ASCII letters, digits and signs; a duration is `120s`, `15m`, `24h` or `7d`; a table is
rows, the name of a CSV file, or `{file: x.csv, as_of: 2024-06-28T16:00:00-04:00}`.
"""
KINDS = {
    float: "number",
    int: "whole number",
    date: "date",
    datetime: "date and time with offset",
    timedelta: "duration",
    str: "text",
    Any: "table",
}
BOUNDS = ((Ge, "ge", "at least"), (Gt, "gt", "above"), (Le, "le", "at most"))


def kind(annotation: Any, facts: Any = ()) -> str:
    """What a setting holds, with its bounds; `facts` stand beside the type."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(parts[0], parts[1:])
    if origin in (Union, types.UnionType):
        return kind(next(part for part in parts if part is not type(None)), facts)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in parts)
    if origin is dict:
        whole = isinstance(parts[1], type) and issubclass(parts[1], BaseModel)
        return "by name: the settings below" if whole else f"by name: {kind(parts[1])}"
    if origin is list:
        return "a list"
    if annotation is str and facts:
        return "id"  # read by a rule of its own
    flat = [part for fact in facts for part in (getattr(fact, "metadata", None) or [fact])]
    bounds = [
        f"{word} {getattr(fact, name):g}"
        for fact in flat
        for of, name, word in BOUNDS
        if isinstance(fact, of)
    ]
    return ", ".join([KINDS[annotation], *bounds])


def default(field: FieldInfo) -> str:
    """What stands where nothing is written."""
    value = field.default
    if field.is_required():
        return "required"
    if value in (None, "", {}):
        return ""
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}s`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def inner(annotation: Any) -> type[BaseModel] | None:
    """The model whose settings stand below this one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in get_args(annotation) if (m := inner(part))), None)


def rows(model: type[BaseModel], before: str) -> Iterator[str]:
    """A line for each setting of a model and, below it, of the models in it."""
    for name, field in model.model_fields.items():
        below, dotted = inner(field.annotation), before + name
        if below is None or get_origin(field.annotation) is dict:
            link = f"[its columns](tables.md#{name})" if before.startswith("tables.") else ""
            told = (dotted, kind(field.annotation, field.metadata), default(field))
            yield f"| {' | '.join([*told, field.description or link])} |"
        if below is not None:
            a_name = "NAME." if get_origin(field.annotation) is dict else ""
            yield from rows(below, f"{dotted}.{a_name}")


def prose(model: type[BaseModel]) -> str:
    """What a part of scenario.yaml is for."""
    return fill(" ".join((model.__doc__ or "").split()), 110)


def section(name: str, model: type[BaseModel]) -> list[str]:
    """One part of scenario.yaml, with what it is for."""
    head = ["| setting | holds | default | meaning |", "|---|---|---|---|"]
    return [f"## {name}", "", prose(model), "", *head, *rows(model, f"{name}."), ""]


def page() -> str:
    """The whole of docs/settings.md: first what stands alone, then each part."""
    parts = {n: m for n, f in Settings.model_fields.items() if (m := inner(f.annotation))}
    alone = [x for x in rows(Settings, "") if "." not in x.split("|")[1]]
    lines = [
        prose(Settings),
        "",
        "| setting | holds | default | meaning |",
        "|---|---|---|---|",
        *alone,
        "",
    ]
    for name, model in parts.items():
        lines += section(name, model)
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
