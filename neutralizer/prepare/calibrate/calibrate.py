"""Tickets -> cost parameters by asset class, and what they would have made of the second half of the days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neutralizer.prepare.calibrate.posterior import Calibrated, calibrated
from neutralizer.prepare.calibrate.ticket import InUse, Ticket

BPS = 1e-4


@dataclass(frozen=True)
class Held:
    """Cost over what the model says, of the second half of the days: with what is in use, and with what was
    calibrated on the first half.
    """

    in_use: float
    calibrated: float
    error: float  # one standard error of the first, by what single days cost


@dataclass(frozen=True)
class OfClass:
    """An asset class: all its tickets, those that tell, and what they say."""

    name: str
    tickets: tuple[Ticket, ...]
    in_use: InUse
    result: Calibrated
    held: Held | None  # None: too few days in the first half, or nothing modelled

    @property
    def notional(self) -> float:
        """Base currency."""
        return sum(x.notional for x in self.tickets)

    @property
    def paid(self) -> float:
        """From start to average, base currency."""
        return sum(x.cost * x.notional for x in self.tickets)

    @property
    def error(self) -> float:
        """One standard error of what was paid, by what single days cost; base currency."""
        return _error(self.tickets)

    @property
    def modelled(self) -> float:
        """With what is in use, base currency."""
        return _modelled(self.tickets, self.in_use)

    @property
    def delay(self) -> float:
        """From reference price to start, base currency; of those of which it is known."""
        return sum(x.delay * x.notional for x in self.tickets if x.delay == x.delay)


def by_class(tickets: Sequence[Ticket], in_use: Callable[[str], InUse]) -> list[OfClass]:
    """Sorted by name."""
    return [
        _of_class(name, tuple(x for x in tickets if x.asset_class == name), in_use(name))
        for name in sorted({x.asset_class for x in tickets})
    ]


def _of_class(name: str, own: tuple[Ticket, ...], in_use: InUse) -> OfClass:
    tell = [x for x in own if x.tells]
    days = sorted({x.day for x in tell})
    middle = days[len(days) // 2] if days else None
    first = [x for x in tell if middle and x.day < middle]
    second = [x for x in tell if middle and x.day >= middle]
    half = calibrated(name, first, in_use)
    held = None
    base = _modelled(second, in_use)
    if not half.why and base > 0:
        then = InUse(*(p.value if p.name in half.proposed else p.in_use for p in half.parameters))
        paid = sum(x.cost * x.notional for x in second)
        held = Held(paid / base, paid / _modelled(second, then), _error(second) / base)
    return OfClass(name, own, in_use, calibrated(name, tell, in_use), held)


def _modelled(tickets: Sequence[Ticket], use: InUse) -> float:
    return sum(
        x.notional * (use.half_spread * x.half_spread + (use.impact * x.impact if x.tells else 0.0))
        for x in tickets
    )


def _error(tickets: Sequence[Ticket]) -> float:
    days = sorted({x.day for x in tickets})
    paid = [sum(x.cost * x.notional for x in tickets if x.day == day) for day in days]
    return float(np.sqrt(len(days)) * np.std(paid, ddof=1)) if len(days) > 1 else np.nan
