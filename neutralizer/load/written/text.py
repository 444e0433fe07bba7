"""Bytes -> text without control characters, of whole lines, and of no half-finished merge: UTF-8, or as a
layout says.
"""

import re

from neutralizer.errors import Issues

_RULES = (
    (
        re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]"),
        "a control character stands in the file",
        "remove it",
    ),
    (re.compile(r"\r(?!\n)"), "a line ends with CR alone", "save with LF or CRLF line ends"),
    (
        re.compile(r"^(<{7}|={7}|>{7})(?![<=>])", re.MULTILINE),
        "a merge-conflict marker stands in the file",
        "finish the merge",
    ),
)


def decoded(file: str, data: bytes, issues: Issues, encoding: str = "utf-8") -> str | None:
    """The text of a file; None, with an issue at its line, if it is not plain text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") and encoding != "utf-16":
        issues.error(file, 0, "", None, "the file is UTF-16", "save it as UTF-8")
        return None
    name = "UTF-8" if encoding == "utf-8" else encoding
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        issues.error(file, line, "", None, f"the file is not {name}", "save it as UTF-8")
        return None
    for pattern, reason, remedy in _RULES:
        match = pattern.search(text)
        if match:
            line = text.count("\n", 0, match.start()) + 1
            issues.error(file, line, "", match[0], reason, remedy)
            return None
    return text
