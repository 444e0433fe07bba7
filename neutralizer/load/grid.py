"""The grid of a sweep: what is changed, and to which values, as YAML."""

from math import prod
from typing import Any

from neutralizer.domain.cases import PLUS, TIMES, TO, WALLS, WITHOUT, Axis, Change
from neutralizer.errors import InputsRefused, Issues
from neutralizer.load.assumptions import PREFIX
from neutralizer.load.changes import changed
from neutralizer.load.scenario import Loaded
from neutralizer.load.written.yaml_text import YamlText, read_yaml

MOST = 100_000  # cases
REMEDY = "write a list of values, {times: [0.8, 1.2]} or {plus: [-1, 1]}"


def read_grid(file: str, data: bytes, loaded: Loaded) -> tuple[Axis, ...]:
    """Every axis, in the order written; each of its values fits the scenario as it is written. Raises InputsRefused
    with every issue.
    """
    issues = Issues()
    document = read_yaml(file, data, issues, plain_keys=False)
    if document is None or issues.errors:
        raise InputsRefused(issues.found)
    axes = [
        axis
        for of, value in document.root.items()
        if (axis := _axis(document, str(of), value, issues)) is not None
    ]
    for axis in axes:
        _fits(document, axis, loaded, issues)
    count = prod(len(axis.values) for axis in axes)
    if count > MOST:
        issues.error(file, 1, "", str(count), "too many cases", f"write at most {MOST:,}")
    if issues.errors:
        raise InputsRefused(issues.found)
    return tuple(axes)


def _axis(document: YamlText, of: str, value: Any, issues: Issues) -> Axis | None:
    how, line = TO, document.line((of,))
    if isinstance(value, dict) and len(value) == 1:
        ((how, value),) = value.items()
    listed = isinstance(value, list) and value and all(isinstance(v, str) for v in value)
    if how not in (TO, TIMES, PLUS) or not listed or (how != TO and _has_no_number(of)):
        issues.error(document.file, line, of, None, "no values", REMEDY)
        return None
    if len(set(value)) < len(value):
        issues.error(document.file, line, of, None, "a value twice", "keep one of them")
        return None
    return Axis(of, how, tuple(value))


def _has_no_number(of: str) -> bool:
    """Whether there is nothing in the scenario to reckon with: an assumption says itself what it does with a number."""
    return of in (WALLS, WITHOUT) or of.startswith(PREFIX)


def _fits(document: YamlText, axis: Axis, loaded: Loaded, issues: Issues) -> None:
    for value in axis.values:
        try:
            changed(loaded, [Change(axis.of, axis.how, value)])
        except ValueError as error:
            reason, _, remedy = str(error).partition("; ")
            line = document.line((axis.of,))
            issues.error(document.file, line, axis.of, value, reason, remedy)
