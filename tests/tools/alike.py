"""Walk-throughs held by what matters, where another processor's linear algebra breaks ties otherwise.

The same limits with the same status, the same costs to a hundredth of a per cent before lots and a tenth
after, sums and the numbers in the text to one per cent, the same large lines; ids that are made of a line's content may be others.
"""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

COST, LOTS, SIZE = 1e-4, 1e-3, 1e-2  # of the number: before lots, of whole lots, of a sum
MOST = 0.8  # of the lines of a page: what ties between lots leave as it is
LEFT_OVER = 1e-3  # of the largest number of its line: a difference of two large ones
UNIT = 1.0  # of money: less is never a difference
LARGE = 0.05  # of the largest line: a smaller one may be a tie
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
ID = re.compile(r"\b(?:[A-Z]{3}-\d{8}-)?(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b")
COSTS = {"objective": COST, "stand_alone_cost": COST, "saving": COST, "plan_cost": LOTS}
SUMS = ("crossed_notional", "external_notional", "gross_before", "gross_after")
LINES = {"hedges.csv": ("instrument_id", "side"), "internal_transfers.csv": ("instrument_id",)}


def apart(found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> list[str]:
    """What matters in the files of a run and is another; empty where nothing is."""
    if sorted(found) != sorted(expected):
        return [f"files {sorted(found.keys() ^ expected.keys())}"]
    ours, theirs = (json.loads(files["summary.json"]) for files in (found, expected))
    faults = [k for k, share in COSTS.items() if not near(ours[k], theirs[k], share)]
    faults += [k for k in SUMS if not near(ours[k], theirs[k], SIZE)]
    faults += [k for k in ("status", "as_of") if ours[k] != theirs[k]]
    faults += ["breaches"] * (ours["breaches"]["after"] != theirs["breaches"]["after"])
    if _status(found) != _status(expected):
        faults.append("the status of a limit")
    for file, key in LINES.items():
        if file in found:
            one, other = (_sizes(files[file], key) for files in (found, expected))
            large = LARGE * max(other.values(), default=0.0)
            for line in one.keys() | other.keys():
                if max(one.get(line, 0.0), other.get(line, 0.0)) > large and not (
                    line in one and line in other
                ):
                    faults.append(f"{file} {line}")
    return faults


def near(one: Any, other: Any, share: float) -> bool:
    """Whether two numbers are one; None is only itself."""
    if one is None or other is None:
        return one is other
    return bool(abs(one - other) <= max(share * abs(other), UNIT))


def fits_nearly(shown: list[str], lines: list[str]) -> bool:
    """Whether most of the lines shown are printed, in their words and nearly in their numbers."""
    own = [x for x in shown if x != "…"]
    said = [x for x in own if any(same_words(x, line) for line in lines)]
    return len(said) >= MOST * len(own)


def same_words(one: str, other: str) -> bool:
    """Whether two lines say the same, numbers to one per cent, ids and blanks apart."""
    texts = [NUMBER.sub("#", ID.sub("@", x)).split() for x in (one, other)]
    sizes = [
        [float(n.replace(",", "")) for n in NUMBER.findall(ID.sub("@", x))] for x in (one, other)
    ]
    if texts[0] != texts[1] or len(sizes[0]) != len(sizes[1]):
        return False
    left_over = LEFT_OVER * max(map(abs, sizes[1]), default=0.0)
    pairs = zip(*sizes, strict=True)
    return all(near(a, b, SIZE) or abs(a - b) <= left_over for a, b in pairs)


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def _status(files: Mapping[str, bytes]) -> dict[tuple[str, str], str]:
    return {(r["limit_id"], r["scope"]): r["status"] for r in _rows(files["limits.csv"])}


def _sizes(data: bytes, key: tuple[str, ...]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for row in _rows(data):
        line = tuple(row[c] for c in key)
        found[line] = found.get(line, 0.0) + abs(float(row["notional_base"]))
    return found
