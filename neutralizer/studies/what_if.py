"""What other bounds would cost: solved again with each change, and with all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neutralizer.domain.scenario import Limit, Scenario
from neutralizer.domain.trades import volatility
from neutralizer.errors import Infeasible, InputsRefused, Issue, NotSolved
from neutralizer.load.written import values
from neutralizer.program.priorities import answered
from neutralizer.program.solvers.clock import within
from neutralizer.terms.limits.facts import BOTH
from neutralizer.terms.limits.registry import REGISTRY

SIDES = ("lower", "upper")
AS_IT_IS, ALL = "as it is", "all of them"
COLUMNS = ("case", "cost", "waiting", "saved", "external_notional", "firm_volatility", "why_not")


@dataclass(frozen=True)
class Change:
    """LIMIT=VALUE: its only bound, or both ends of its band alike; LIMIT.lower=VALUE, LIMIT.upper=VALUE:
    one of them. `none` takes a bound away.
    """

    limit: str
    side: str
    value: float | None
    text: str


@dataclass(frozen=True)
class Case:
    """The optimum before lots of one case, base currency; cost None with why there is no plan."""

    name: str
    cost: float | None
    waiting: float = 0.0
    external: float = 0.0
    volatility: float = 0.0
    why_not: str = ""

    def saved(self, other: "Case") -> float | None:
        """What this case costs less than another, waiting counted; None where one has no plan."""
        if self.cost is None or other.cost is None:
            return None
        return other.cost + other.waiting - self.cost - self.waiting


def what_if(scenario: Scenario, texts: Sequence[str], say: Callable[[str], None]) -> list[Case]:
    """As it is, with each change alone, and with all where they are several. Raises InputsRefused where a
    change is none, or does not fit its limit.
    """
    changes = [read_change(text, scenario) for text in texts]
    cases = [(AS_IT_IS, scenario), *((c.text, changed(scenario, [c])) for c in changes)]
    if len(changes) > 1:
        cases.append((ALL, changed(scenario, changes)))
    found = []
    for name, one in cases:
        say(f"solving {name}")
        found.append(_case(name, one))
    return found


def read_change(text: str, scenario: Scenario) -> Change:
    """Raises InputsRefused."""
    name, equals, value = text.partition("=")
    limit, _, side = name.rpartition(".")
    known = sorted({x.limit_id for x in scenario.limits})
    if side not in SIDES or name in known:
        limit, side = name, ""
    if not equals:
        raise _refused(
            text, "not a change", "write LIMIT=VALUE, LIMIT.lower=VALUE or LIMIT.upper=VALUE"
        )
    if limit not in known:
        raise _refused(text, "no such limit", "name a limit" + values.nearest(limit, known))
    if value == "none":
        return Change(limit, side, None, text)
    try:
        return Change(limit, side, values.number(value), text)
    except ValueError as error:
        raise _refused(text, values.what_is_wrong(error), f"{error}, or none") from None


def changed(scenario: Scenario, changes: Sequence[Change]) -> Scenario:
    """The scenario with other bounds, in every scope of each limit. Raises InputsRefused."""
    limits = list(scenario.limits)
    for change in changes:
        limits = [_bounded(x, change) if x.limit_id == change.limit else x for x in limits]
    return replace(scenario, limits=tuple(limits))


def _bounded(x: Limit, change: Change) -> Limit:
    lower, upper = x.lower, x.upper
    sides = [change.side] if change.side else [s for s, _ in _there(x)]
    if len(sides) == 2 and change.value is not None and change.value < 0 and lower != upper:
        raise _refused(
            change.text, "a band below zero", f"write {x.limit_id}.lower= and {x.limit_id}.upper="
        )
    for side in sides:
        value = change.value
        if side == "lower":
            sign = -1.0 if len(sides) == 2 and x.lower != x.upper else 1.0
            lower = -np.inf if value is None else sign * value
        else:
            upper = np.inf if value is None else value
    if np.isfinite(lower) and REGISTRY[x.measure].BOUNDS != BOTH:
        raise _refused(
            change.text, f"a lower bound on {x.measure} is not convex", "change its upper bound"
        )
    if lower > upper:
        raise _refused(
            change.text, f"lower {lower:g} over upper {upper:g}", "change the other bound too"
        )
    return replace(x, lower=lower, upper=upper)


def _there(x: Limit) -> Iterator[tuple[str, float]]:
    """The bounds that a limit has."""
    yield from ((s, b) for s, b in zip(SIDES, (x.lower, x.upper), strict=True) if np.isfinite(b))


def _case(name: str, scenario: Scenario) -> Case:
    everything = np.arange(len(scenario.holdings.book))
    try:
        with within(scenario.time_limit):
            settled, found = answered(scenario)
    except (Infeasible, NotSolved) as refusal:
        return Case(name, None, why_not=str(refusal))
    outside = float(settled.order_notional @ np.abs(found.trades.order))
    daily = volatility(settled, found.trades, everything)
    return Case(name, found.expected, found.waiting, outside, daily)


def _refused(text: str, reason: str, remedy: str) -> InputsRefused:
    return InputsRefused([Issue("LIMIT=VALUE", 0, "", text, reason, remedy)])
