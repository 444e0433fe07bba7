"""YAML read as text: every scalar stays as written, every value keeps its line, and what makes YAML
dangerous (duplicate keys, anchors, aliases, tags, a second document, deep nesting) is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from neutralizer.issues import Issues

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 20

Path = tuple[str | int, ...]


@dataclass
class YamlText:
    """The document as dicts, lists and text; `lines[path]` is the line (from 1) a value stands on."""

    file: str
    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest of its parents that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Refused(Exception):
    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy = line, reason, remedy


def read_yaml(file: str, data: bytes, issues: Issues) -> YamlText | None:
    """Reads the bytes of scenario.yaml; None, with issues, when it cannot be read."""
    document = YamlText(file)
    before = len(issues.errors)
    try:
        if len(data) > MOST_BYTES:
            raise _Refused(0, "the file is over 1 MB", "move long tables to CSV files")
        text = data.decode("utf-8-sig")
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        _document(events, document, issues)
    except UnicodeDecodeError:
        issues.error(file, 0, "", None, "the file is not UTF-8", "save it as UTF-8")
    except _Refused as refusal:
        issues.error(file, refusal.line, "", None, refusal.reason, refusal.remedy)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        issues.error(file, line, "", None, f"not YAML: {error.problem}", "mend this line")
    except yaml.YAMLError:
        issues.error(file, 0, "", None, "not YAML: a character that may not stand there", "remove it")
    return document if len(issues.errors) == before else None


def _document(events: Iterator[Any], document: YamlText, issues: Issues) -> None:
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                line = event.start_mark.line + 1
                raise _Refused(line, "a second document begins", "keep one document")
            document.root = _value(next(events), events, document, (), issues)
    if not isinstance(document.root, dict):
        raise _Refused(0, "the file is empty or not a mapping", "begin with `format: 1`")


def _value(
    event: Any, events: Iterator[Any], document: YamlText, path: Path, issues: Issues
) -> Any:
    line = event.start_mark.line + 1
    document.lines.setdefault(path, line)
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise _Refused(line, "anchors and aliases are not read", "write the value out")
    if event.tag:
        raise _Refused(line, f"the tag {ascii(event.tag)} is not read", "remove it")
    if len(path) > MOST_DEPTH:
        raise _Refused(line, "nested more than 20 deep", "flatten it")
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, document, path, issues)
    return _mapping(events, document, path, issues)


def _sequence(events: Iterator[Any], document: YamlText, path: Path, issues: Issues) -> list[Any]:
    found: list[Any] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        found.append(_value(event, events, document, (*path, len(found)), issues))
    return found


def _mapping(
    events: Iterator[Any], document: YamlText, path: Path, issues: Issues
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused(line, "a key that is not a word", "write keys as plain words")
        key = str(event.value)
        here = (*path, key)
        if key in found:
            first = document.lines[here]
            dotted = ".".join(map(str, here))
            reason = f"the key stands twice, first on line {first}"
            issues.error(document.file, line, dotted, None, reason, "keep one of them")
        document.lines.setdefault(here, line)
        found[key] = _value(next(events), events, document, here, issues)
    return found
