"""Bytes of CSV and JSON: deterministic, and read back as text."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any


def csv_bytes(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> bytes:
    """A header and the rows, LF line ends."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def csv_rows(data: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows. Raises ValueError where it is no table, or a row is not as wide as the header."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("a row is not as wide as the header")
    return rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def rows_of(files: Mapping[str, bytes], name: str) -> list[dict[str, str]]:
    """The rows of one table of a run; none where the file is absent."""
    return csv_rows(files[name])[1] if name in files else []


def json_bytes(value: Any) -> bytes:
    """Indented, keys in the order given, one line end."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
