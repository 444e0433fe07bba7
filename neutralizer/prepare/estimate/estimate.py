"""A history and a scenario's instruments -> the risk tables, and how good they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.errors import InputsRefused, Issue
from neutralizer.load.written import values
from neutralizer.prepare.estimate import methods
from neutralizer.prepare.estimate.borrowed import Peers, extended, peers_of
from neutralizer.prepare.estimate.choose import Choice, chosen
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.facts import Facts
from neutralizer.prepare.estimate.measured import Measured, measured
from neutralizer.prepare.estimate.panel import Panel, panel_of
from neutralizer.prepare.estimate.walk_forward import judged
from neutralizer.prepare.history.findings import findings
from neutralizer.prepare.history.past import Past
from neutralizer.prepare.history.returns import returns

AUTO, EXTRA = "auto", "pip install 'neutralizer[estimate]'"
FEW = (
    2.0  # days in effect for each instrument, below which a dense covariance rests on its shrinkage
)


@dataclass(frozen=True)
class Estimate:
    """The covariance a day of every instrument, those that borrow last; what was measured of each; how the
    method was chosen; and what a person should know.
    """

    facts: Facts
    past: Past
    panel: Panel
    covariance: Covariance
    measured: tuple[Measured, ...]
    choice: Choice
    warnings: tuple[str, ...]  # of the estimate
    findings: tuple[str, ...]  # of the history

    @property
    def specific(self) -> list[float]:
        """Volatility a day that factors do not explain, in the order of `measured`; nan of a dense covariance."""
        own = self.covariance.specific
        return [math.nan] * len(self.measured) if own is None else np.sqrt(own).tolist()


def estimated(past: Past, facts: Facts, method: str, say: Callable[[str], None]) -> Estimate:
    """Estimates by a method, or by the best of all. Raises InputsRefused where it cannot estimate this, or
    where a library is missing.
    """
    try:
        return _estimated(past, facts, method, say)
    except ImportError as missing:
        reason = f"nothing can be estimated without {missing.name}"
        raise InputsRefused([Issue("estimate", 0, "", None, reason, EXTRA)]) from None


def _estimated(past: Past, facts: Facts, method: str, say: Callable[[str], None]) -> Estimate:
    panel, said = panel_of(past, facts.instruments, facts.base_currency)
    choice = chosen(panel, say) if method == AUTO else _asked(method, panel, say)
    say(f"estimating by {choice.method}")
    try:
        covariance = methods.last(choice.method, panel)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise _refused(choice.method, str(error).partition("\n")[0]) from None
    unknown = np.asarray(np.isnan(np.diag(covariance.matrix)), dtype=bool)
    panel, covariance = panel.without(unknown), covariance.of(~unknown)
    peers = [peers_of(x, panel.instruments) for x in panel.thin]
    covariance = extended(covariance, peers, exposed_of(panel, covariance))
    of_history = _of_scenario(past, panel)
    return Estimate(
        facts,
        past,
        panel,
        covariance,
        tuple(measured(past, panel, peers)),
        choice,
        (
            *said,
            *_thin(panel, peers),
            *_few(choice.method, panel, covariance),
            *_own_first(facts, covariance),
        ),
        tuple(of_history),
    )


def _asked(method: str, panel: Panel, say: Callable[[str], None]) -> Choice:
    """A method that was asked for, judged as well."""
    known = methods.names(panel)
    if method not in known:
        raise _refused(method, f"not a method for these{values.nearest(method, known)}", known)
    why = methods.unfit(method, panel)
    if why:
        raise _refused(method, why, methods.candidates(panel)[0])
    say(f"judging {method}")
    one = judged(method, panel)
    return Choice(method, "asked for", () if one is None else (one,), ())


def _refused(method: str, reason: str, known: list[str] | None = None) -> InputsRefused:
    remedy = f"use one of {', '.join(known)}" if known else "use another method, or auto"
    return InputsRefused([Issue("--method", 0, "", method, reason, remedy)])


def exposed_of(panel: Panel, covariance: Covariance) -> Floats:
    """(M, K) what those that borrow have in factors that are currencies: their own; nan in the others."""
    names = covariance.names
    found = np.full((len(panel.thin), len(names)), np.nan)
    for m, x in enumerate(panel.thin):
        for k, name in enumerate(names):
            if name in panel.currencies:
                found[m, k] = float(x.currency == name and not x.margined)
    return found


def _of_scenario(past: Past, panel: Panel) -> list[str]:
    """What looks wrong in the history of the scenario's instruments, and how many others there are."""
    names = [x.name for x in (*panel.instruments, *panel.thin) if x.name in past.ids]
    others = sorted(set(past.ids) - set(names))
    own = {c: frame[names] for c, frame in past.prices.items()}
    margined = {x.name for x in panel.instruments if x.margined}
    part = Past(past.folder, past.until, own, past.factors, past.fx, past.currency)
    said = findings(part, returns(part, margined))
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        said.append(f"not in the scenario, and not used: {', '.join(others[:3])}{more}")
    return said


def _thin(panel: Panel, peers: list[Peers]) -> list[str]:
    return [
        f"{x.name} has {panel.counted[x.name]} returns: it borrows the risk of {p.words}"
        for x, p in zip(panel.thin, peers, strict=True)
    ]


def _own_first(facts: Facts, covariance: Covariance) -> list[str]:
    """A specific volatility that instruments write themselves is not the one that was estimated."""
    if covariance.specific is None or not facts.own_specific:
        return []
    return [
        f"{facts.own_specific} instruments write a specific_volatility of their own, which stands before "
        "measured.csv: clear the column"
    ]


def _few(method: str, panel: Panel, covariance: Covariance) -> list[str]:
    """Where days are few for what is estimated."""
    found, count = [], len(panel.instruments)
    inflation = methods.inflation(method, panel)
    if inflation > methods.INFLATED:
        found.append(
            f"{methods.observations(method, panel):.0f} days in effect for {count} instruments: the least risky "
            f"book has about {inflation:.2f} times the volatility that this says; shrink, or use factors"
        )
    days = methods.observations(method, panel)
    if covariance.loadings is None and days < FEW * count and method in methods.DENSE:
        found.append(
            f"{days:.0f} days in effect for {count} instruments: correlations are mostly what {method} assumes"
        )
    return found
