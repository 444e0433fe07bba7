"""manifest.json: what was read, what was written, by which versions; the only file with a clock."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from neutralizer.domain.record import Record
from neutralizer.domain.version import VERSION
from neutralizer.records.writing import csv_rows

PACKAGES = ("cvxpy", "clarabel", "highspy", "osqp", "numpy", "scipy", "matplotlib", "jinja2")
TOTALS = (
    "quantity",
    "amount",
    "notional_base",
    "received",
    "fee",
    "quantity_after",
    "margin_after",
)
NAME = "manifest.json"
SUMMARY = "summary.json"
REPORT = "report.html"
INPUTS = "inputs/"


def manifest(
    inputs: Mapping[str, bytes],
    outputs: Mapping[str, bytes],
    run_id: str,
    record: Record,
    settings: dict[str, Any],
    seconds: dict[str, float],
) -> dict[str, Any]:
    """Who made the run, and hashes, rows and control totals of every file."""
    return {
        "run_id": run_id,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **record.written(),
        "versions": _versions(),
        "seconds": {name: round(taken, 3) for name, taken in seconds.items()},
        "settings": settings,
        "inputs": {name: described(name, data) for name, data in sorted(inputs.items())},
        "outputs": {name: described(name, data) for name, data in sorted(outputs.items())},
    }


def _versions() -> dict[str, str]:
    """Of this program and of what a run's bytes depend on, those that draw the page among them."""
    return {"neutralizer": VERSION} | {p: version(p) for p in PACKAGES}


def other_versions(written: Mapping[str, Any]) -> str:
    """What made a run and is not what is here, in words; blank where everything is."""
    made, here = written["versions"], _versions()
    return ", ".join(f"{name} {x}" for name, x in made.items() if here.get(name) != x) or (
        "" if made.keys() == here.keys() else "other packages than these"
    )


def described(name: str, data: bytes) -> dict[str, Any]:
    """Hash and size of a file; of a table that we wrote its rows and control totals too."""
    found: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if name.endswith(".csv") and not name.startswith("inputs/"):
        try:
            header, rows = csv_rows(data)
        except ValueError:
            return found
        found["rows"] = len(rows)
        found["totals"] = {c: str(_total(r[c] for r in rows)) for c in TOTALS if c in header}
    return found


def _total(cells: Any) -> Decimal:
    total = Decimal(0)
    for cell in cells:
        try:
            total += Decimal(cell or "0")
        except ArithmeticError:
            return Decimal("NaN")
    return total


def differences(written: dict[str, Any], files: Mapping[str, bytes]) -> list[str]:
    """Files that are missing, added, or differ from the manifest."""
    outputs = written["outputs"]
    faults = [f"{name} is missing" for name in sorted(set(outputs) - set(files))]
    faults += [f"{name} was added" for name in sorted(set(files) - set(outputs) - {NAME})]
    for name in sorted(set(outputs) & set(files)):
        if hashlib.sha256(files[name]).hexdigest() != outputs[name]["sha256"]:
            faults.append(f"{name} differs from the manifest")
        elif described(name, files[name]) != outputs[name]:
            faults.append(f"{name}: rows or totals differ from the manifest")
    return faults
