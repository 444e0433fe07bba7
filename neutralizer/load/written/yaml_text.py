"""YAML read as text: every scalar stays as written, every value keeps its line, and what makes YAML
dangerous (duplicate keys, anchors, aliases, tags, a second document, deep nesting) is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from neutralizer.errors import Issues
from neutralizer.load.written import values
from neutralizer.load.written.text import decoded

MOST_DEPTH = 20

Path = tuple[str | int, ...]


@dataclass
class YamlText:
    """The document as dicts, lists and text; `lines[path]` is the line (from 1) a value stands on."""

    file: str
    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    plain_keys: bool = True

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest of its parents that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Refused(Exception):
    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy = line, reason, remedy


def read_yaml(file: str, data: bytes, issues: Issues, plain_keys: bool = True) -> YamlText | None:
    """Reads the bytes of scenario.yaml; None, with issues, when it cannot be read. Its keys are plain words;
    those of a layout are a sender's column names.
    """
    document = YamlText(file, plain_keys=plain_keys)
    text = decoded(file, data, issues)
    if text is None:
        return None
    try:
        _document(yaml.parse(text, Loader=yaml.CSafeLoader), document, issues)
        return document
    except _Refused as refusal:
        issues.error(file, refusal.line, "", None, refusal.reason, refusal.remedy)
    except yaml.MarkedYAMLError as error:
        line = getattr(error.problem_mark, "line", -1) + 1
        issues.error(file, line, "", None, f"not YAML: {error.problem}", "correct this line")
    except yaml.YAMLError:
        issues.error(
            file, 0, "", None, "not YAML: a character that may not stand there", "remove it"
        )
    return None


def _document(events: Iterator[Any], document: YamlText, issues: Issues) -> None:
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                mark: Any = event.start_mark
                raise _Refused(mark.line + 1, "a second document begins", "keep one document")
            document.root = _value(next(events), events, document, (), issues)
    if not isinstance(document.root, dict):
        raise _Refused(0, "the file is empty or not a mapping", "write `key: value`, one a line")


def _value(
    event: Any, events: Iterator[Any], document: YamlText, path: Path, issues: Issues
) -> Any:
    line = event.start_mark.line + 1
    document.lines.setdefault(path, line)
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise _Refused(line, "anchors and aliases are not read", "write the value out")
    if event.tag:
        raise _Refused(line, f"the tag {event.tag!a} is not read", "remove it")
    if len(path) > MOST_DEPTH:
        raise _Refused(line, "nested more than 20 deep", "flatten it")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(str(event.value), document, path, issues)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, document, path, issues)
    return _mapping(events, document, path, issues)


def _scalar(text: str, document: YamlText, path: Path, issues: Issues) -> str:
    """Control characters can be written as escapes; line ends are judged by the schema."""
    if any((ord(c) < 32 and c not in "\t\n\r") or 127 <= ord(c) < 160 for c in text):
        dotted = ".".join(map(str, path))
        reason = "a control character stands in a value"
        issues.error(document.file, document.line(path), dotted, text, reason, "remove it")
    return text


def _key(text: str, line: int, plain: bool) -> str:
    if text == "<<":
        raise _Refused(line, "merge keys are not read", "write the values out")
    if not text.isprintable() or (plain and not (text.isascii() and len(text) <= 64)):
        reason = f"the key {values.plain(text)} is not a word"
        raise _Refused(line, reason, "write keys as plain words")
    return text


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
        key = _key(str(event.value), line, document.plain_keys)
        here = (*path, key)
        if key in found:
            first = document.lines[here]
            dotted = ".".join(map(str, here))
            reason = f"duplicate key, first on line {first}"
            issues.error(document.file, line, dotted, None, reason, "keep one of them")
        document.lines.setdefault(here, line)
        found[key] = _value(next(events), events, document, here, issues)
    return found
