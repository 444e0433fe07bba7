"""What looks wrong in inputs that could be read: one function each, with the remedy, in a list at the foot."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import own_volatility
from neutralizer.program.out_of_scale import FAR, PER_DOLLAR, far_rates
from neutralizer.report.look.facts import YEAR, days_wanted, free
from neutralizer.report.words import short
from neutralizer.terms import limits

NAMED = 5  # instruments or books of one finding
LOT = {  # US dollars of one lot, beyond which it is seldom one
    "equity": (1e-4, 2e6), "etf": (1e-4, 1e6), "bond": (0.1, 1e7), "future": (100, 2e7), "option": (1e-4, 2e6),
    "commodity": (1e-2, 1e7),
}  # fmt: skip
A_DAY = {  # volatility a day, as a fraction of notional
    "equity": (1e-3, 0.12), "etf": (1e-4, 0.10), "bond": (1e-6, 0.03), "fx": (1e-5, 0.03), "future": (1e-5, 0.15),
    "commodity": (1e-4, 0.15),
}  # fmt: skip
MINOR = {"GBP": "GBX", "ZAR": "ZAC", "ILS": "ILA"}  # where shares are quoted in hundredths
PENCE = 200.0  # a middle price from which on it looks like hundredths
MONEY = 1e10  # US dollars a day of a middle share: no market of shares trades that
PLACES = 4  # decimals of a price that was traded
MOST_DAYS = 1.0  # of volume, that a book may want to trade today
SHARES = ("equity", "etf")


def traps(s: Scenario) -> list[str]:
    """Sentences: what looks wrong and what to do."""
    return [sentence for trap in TRAPS for sentence in trap(s)]


def _used(s: Scenario) -> Ints:
    return np.unique(s.holdings.instrument)


def _names(ids: list[str]) -> str:
    rest = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + rest


def _dollars(s: Scenario) -> float:
    """US dollars for one of the base currency, by order of magnitude."""
    return 1 / PER_DOLLAR.get(s.base_currency, 1.0)


def lots_are_of_a_usual_size(s: Scenario) -> Iterator[str]:
    """Price, multiplier, lot or rate in other units."""
    size = s.tradables.lot * s.tradables.notional * _dollars(s)
    odd: dict[str, list[str]] = {}
    for i in _used(s).tolist():
        low, high = LOT.get(s.instruments.asset_class[i], (0.0, np.inf))
        if not low <= size[i] <= high:
            which = "little" if size[i] < low else "much"
            odd.setdefault(which, []).append(f"{s.instruments.ids[i]} {short(size[i])}")
    for which, names in sorted(odd.items()):
        yield (
            f"one lot is worth very {which} (US dollars): {_names(names)}; "
            "check price, multiplier, lot_size and the rate of its currency"
        )


def volatilities_are_of_a_day(s: Scenario) -> Iterator[str]:
    """Of a year taken for a day, or percent for a fraction: in the risk model and of impact."""
    model = own_volatility(s) / s.instruments.notional
    for what, values in (("of the risk model", model), ("of instruments", s.tradables.volatility)):
        odd = []
        for i in _used(s).tolist():
            low, high = A_DAY.get(s.instruments.asset_class[i], (0.0, np.inf))
            x = float(values[i])
            if np.isfinite(x) and x > 0 and not low <= x <= high:
                odd.append(f"{s.instruments.ids[i]} {x:.2%} a day, {x * np.sqrt(YEAR):.0%} a year")
        if odd:
            yield f"volatilities {what} are unusual: {_names(odd)}; check risk.units: annual, or percent?"


def rates_are_the_right_way_round(s: Scenario) -> Iterator[str]:
    """Base currency per unit, not units per base currency."""
    for currency, rate, usual in far_rates(s):
        inverted = 1 / FAR < rate * usual < FAR
        word = "looks inverted" if inverted else "is of another order of magnitude than it is worth"
        yield (
            f"the rate of {currency}, {rate:g} {s.base_currency}, {word}; "
            f"fx has {s.base_currency} per {currency}, about {usual:.2g}"
        )


def pence_are_not_pounds(s: Scenario) -> Iterator[str]:
    """Shares that are quoted in hundredths of their currency."""
    for currency, minor in MINOR.items():
        own = _shares(s, currency)
        prices = s.tradables.price[own]
        if len(own) and np.median(prices) >= PENCE:
            names = [f"{s.instruments.ids[i]} {s.tradables.price[i]:g}" for i in own]
            yield f"prices in {currency} look like hundredths: {_names(names)}; write currency {minor}"


def adv_counts_units(s: Scenario) -> Iterator[str]:
    """Not money."""
    own = _shares(s)
    day = s.tradables.adv[own] * s.tradables.notional[own] * _dollars(s)
    known = np.isfinite(day) & (day > 0)
    if known.any() and np.median(day[known]) > MONEY:
        most = own[known][np.argsort(-day[known], kind="stable")]
        names = [f"{s.instruments.ids[i]} {s.tradables.adv[i]:,.0f}" for i in most]
        yield f"adv looks like money: {_names(names)}; it counts units a day"


def prices_were_traded(s: Scenario) -> Iterator[str]:
    """Not adjusted for dividends or splits: those have decimals that no exchange quotes."""
    minor = dict.fromkeys(MINOR, 2)  # of what is quoted in hundredths
    own = [
        i
        for i in _shares(s)
        if _places(float(s.tradables.price[i])) > PLACES + minor.get(s.tradables.currency[i], 0)
    ]
    if own:
        names = [f"{s.instruments.ids[i]} {float(s.tradables.price[i])!r}" for i in own]
        yield (
            f"prices with more than {PLACES} decimals: {_names(names)}; adjusted for dividends? "
            "positions are valued and crossed at what was traded"
        )


def _places(price: float) -> int:
    exponent = Decimal(repr(price)).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _shares(s: Scenario, currency: str = "") -> Ints:
    """Shares and funds among what is held or may be traded, of one currency where it is named."""
    return np.array(
        [
            i
            for i in _used(s).tolist()
            if s.instruments.asset_class[i] in SHARES
            and (not currency or s.tradables.currency[i] == currency)
        ],
        dtype=np.int64,
    )


def no_book_is_a_free_warehouse(s: Scenario) -> Iterator[str]:
    """What others want rid of is put, for nothing, where no limit counts it."""
    spare = open_places(s)
    for b in np.unique(s.holdings.book[spare]).tolist():
        own = np.flatnonzero(spare & (s.holdings.book == b))
        names = [s.instruments.ids[i] for i in s.holdings.instrument[own]]
        yield (
            f"{s.books.ids[b]} may take {len(own)} names that it does not hold, and no limit of its own counts "
            f"them: {_names(names)}; limit its gross or its positions, or let it only reduce (mandates)"
        )


def open_places(s: Scenario) -> Bools:
    """(H,) where a book holds nothing, may take something, and no bounded limit on it alone counts it."""
    counted = np.zeros(len(s.holdings.book), dtype=bool)
    for limit in s.limits:
        books = set(s.holdings.book[limit.scope_holdings].tolist())
        bounded = np.isfinite([limit.lower, limit.upper]).any()
        if len(books) == 1 and bounded and limit.measure not in ("turnover", "external"):
            counted |= limits.sensitivity(s, limit) > 0
    crosses = ~(s.holdings.barred | _alone(s))
    counted[s.targets.holding] = True  # no further than it wants itself
    found: Bools = (s.holdings.before == 0) & free(s) & ~counted & crosses
    return found


def _alone(s: Scenario) -> Bools:
    """(H,) of books that can cross with nobody."""
    group = np.array(s.books.group)
    _, where, count = np.unique(group, return_inverse=True, return_counts=True)
    found: Bools = (count[where] == 1)[s.holdings.book]
    return found


def limits_have_owners(s: Scenario) -> Iterator[str]:
    """Whom operations ask."""
    names = list(dict.fromkeys(x.limit_id for x in s.limits if not x.owner))
    if names:
        yield f"limits without owner: {_names(names)}; write who may change them"


def warehoused(s: Scenario, plan: Plan) -> Iterator[str]:
    """Names that a plan puts into books that never held them, where no limit counts them."""
    spare = open_places(s) & (plan.trades.change != 0)
    money: Floats = np.abs(plan.trades.change) * s.holding_notional
    for b in np.unique(s.holdings.book[spare]).tolist():
        own = spare & (s.holdings.book == b)
        yield (
            f"{s.books.ids[b]} receives {int(own.sum())} names that it never held, {short(float(money[own].sum()))} "
            f"{s.base_currency}, and no limit of its own counts them: risk is put there, not closed; see look"
        )


def targets_fit_the_market(s: Scenario) -> Iterator[str]:
    """What must be traded today is not many days' volume: a finger too many, or a plan for a month."""
    days = np.where(s.targets.waits, 0.0, days_wanted(s))
    large = np.flatnonzero(days > MOST_DAYS)
    if len(large):
        most = large[np.argsort(-days[large], kind="stable")]
        held = s.targets.holding[most]
        pairs = zip(s.holdings.book[held], s.holdings.instrument[held], days[most], strict=True)
        names = [f"{s.books.ids[b]} {s.instruments.ids[i]} {d:.3g} days" for b, i, d in pairs]
        yield (
            f"targets that may not wait and are more than a day's volume: {_names(names)}; check the units, "
            "or let them wait"
        )


TRAPS = (
    rates_are_the_right_way_round,
    volatilities_are_of_a_day,
    pence_are_not_pounds,
    adv_counts_units,
    lots_are_of_a_usual_size,
    prices_were_traded,
    no_book_is_a_free_warehouse,
    limits_have_owners,
    targets_fit_the_market,
)
MATTER = TRAPS[:4]  # what a plan rests on, whoever looked before


def told(s: Scenario, plan: Plan) -> list[str]:
    """What a run says again, beside where it puts what no limit counts."""
    again = [sentence for trap in MATTER for sentence in trap(s)]
    return [*again, *warehoused(s, plan)]
