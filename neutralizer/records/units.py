"""What operations are handed, file by file: the tickets of one kind, and of one phase where a kind has two.

Phase 1 may be booked before the hedges trade, phase 2 is booked with them.
"""

from collections.abc import Iterable, Mapping

from neutralizer.records.writing import csv_bytes, csv_rows

KINDS = ("internal_transfers", "hedges", "hedge_allocations", "cash_transfers")
PHASED = ("internal_transfers", "cash_transfers")
PHASES = ("1", "2")


def unit(kind: str, phase: str) -> str:
    """internal_transfers_phase1"""
    return f"{kind}_phase{phase}" if kind in PHASED else kind


UNITS = tuple(unit(k, p) for k in KINDS for p in (PHASES if k in PHASED else PHASES[1:]))


def units_of_kind(kind: str) -> list[str]:
    """The units of a kind; of a release that an earlier version made the kind itself."""
    return [u for u in (*UNITS, *PHASED) if u == kind or u.startswith(f"{kind}_phase")]


def tonight(kinds: Iterable[str]) -> list[str]:
    """What may leave of some kinds before the hedges."""
    return [unit(kind, PHASES[0]) for kind in kinds]


def kind_of(name: str) -> str:
    """The kind of a unit."""
    return next((k for k in PHASED if name.startswith(f"{k}_phase")), name)


def split(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A run's tickets, unit by unit, out of `<kind>.csv` each. Raises KeyError, ValueError."""
    found = {}
    for kind in KINDS:
        data = files[f"{kind}.csv"]
        if kind not in PHASED:
            found[kind] = data
            continue
        header, rows = csv_rows(data)
        for phase in PHASES:
            own = [r for r in rows if r.get("release_phase", PHASES[0]) == phase]
            found[unit(kind, phase)] = csv_bytes(header, own)
    return found
