"""One case of a study: the scenario with what it changes, decided, rounded and proven; its row of figures."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from neutralizer.domain.cases import Case
from neutralizer.domain.version import VERSION
from neutralizer.errors import (
    Infeasible,
    InputsRefused,
    InputsTooOld,
    NeutralizerError,
    NotSolved,
    ProofFailed,
    TimeIsUp,
)
from neutralizer.face import Run, Scenario, from_files, solve
from neutralizer.records.writing import csv_rows

Row = dict[str, str]
FIGURES = (
    "status",
    "plan_cost",
    "objective",
    "waiting",
    "saving",
    "crossed_notional",
    "external_notional",
    "margin",
    "cash_moved",
    "firm_volatility",
    "transfers",
    "orders",
    "breaches",
    "binding",
    "why_not",
)
WORDS: dict[type[NeutralizerError], str] = {
    Infeasible: "no plan",
    NotSolved: "not solved",
    TimeIsUp: "time is up",
    ProofFailed: "not proven",
    InputsRefused: "refused",
    InputsTooOld: "too old",
}
_READ: dict[str, Scenario] = {}  # what this process has read, by digest


@dataclass(frozen=True)
class Sent:
    """A scenario as it travels to where its cases are solved: the bytes it is read from."""

    files: Mapping[str, bytes]
    overrides: tuple[str, ...]
    baseline: bool = True
    version: str = VERSION

    @cached_property
    def digest(self) -> str:
        """Of everything in it."""
        parts = [self.version, *self.overrides, str(self.baseline)]
        whole = hashlib.sha256("\0".join(parts).encode())
        for name in sorted(self.files):
            whole.update(name.encode() + b"\0" + hashlib.sha256(self.files[name]).digest())
        return whole.hexdigest()


class OtherVersion(NeutralizerError):
    """A worker runs another version of the program."""

    exit_code = 3


def trip(sent: Sent, case: Case) -> Row:
    """The figures of a case, as text; where it has no plan, why. Raises OtherVersion."""
    if sent.version != VERSION:
        raise OtherVersion(f"the worker runs neutralizer {VERSION}, not {sent.version}")
    try:
        changed = _scenario(sent).changed(case.changes)
        return _figures(changed, solve(changed, report=False, baseline=sent.baseline))
    except tuple(WORDS) as refusal:
        word = next(w for kind, w in WORDS.items() if isinstance(refusal, kind))
        return {"status": word, "why_not": _why(refusal)}


def _scenario(sent: Sent) -> Scenario:
    """Read once in each process."""
    if sent.digest not in _READ:
        _READ.clear()
        _READ[sent.digest] = from_files(sent.files, sent.overrides)
    return _READ[sent.digest]


def _why(refusal: Exception) -> str:
    """One line."""
    if isinstance(refusal, InputsRefused):
        return " ".join(str(refusal.issues[0]).split())
    return " ".join(str(refusal).split())


def _figures(scenario: Scenario, run: Run) -> Row:
    s, summary = scenario.loaded.scenario, run.summary
    fx = dict(zip(s.pools.ids, s.pools.fx.tolist(), strict=True))
    pools, cash, limits = (
        csv_rows(run.files[name])[1] for name in ("pools.csv", "cash_transfers.csv", "limits.csv")
    )
    margin = sum(float(r["margin_after"]) * fx[r["pool_id"]] for r in pools)
    moved = sum(float(Decimal(r["amount"])) * fx[r["from_pool"]] for r in cash)
    binding = dict.fromkeys(r["limit_id"] for r in limits if r["binding"] == "yes")
    money = {
        "plan_cost": summary.plan_cost,
        "objective": summary.objective,
        "waiting": summary.waiting.plan,
        "saving": summary.saving,
        "crossed_notional": summary.crossed_notional,
        "external_notional": summary.external_notional,
        "margin": margin,
        "cash_moved": moved,
        "firm_volatility": summary.firm_volatility.after,
    }
    return {
        "status": summary.status,
        **{name: "" if x is None else f"{x:.2f}" for name, x in money.items()},
        "transfers": str(summary.lines.transfers),
        "orders": str(summary.lines.orders),
        "breaches": str(summary.breaches.after),
        "binding": ";".join(binding),
        "why_not": "",
    }
