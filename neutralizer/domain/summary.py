"""What a run comes to, in one page of numbers: the shape of summary.json."""

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

WITHOUT_THE_DAYS = (
    "without_the_days"  # what a whole-lot search says that left the days of the horizon out
)
NOTHING_MOVED = "nothing"  # the name of a whole-lot search that ends in no trade at all
Money = float  # base currency, rounded to its smallest coin


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Relaxed(_Part):
    """What was let go, and by which request."""

    best_effort: bool = False
    relax: float | None = None
    limits: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was let go."""
        return bool(self.limits)

    @model_serializer(mode="wrap")
    def _written(self, as_usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = as_usual(self)
        return found if self else {}


class Penalty(_Part):
    """What soft limits cost, before and after whole lots."""

    objective: Money = 0.0
    plan: Money = 0.0


class Waiting(_Part):
    """What it costs to leave for another day what books want to trade, beside every cost of the same name:
    before lots, of the plan, of each book alone, and no more volatile than that.
    """

    objective: Money = 0.0
    plan: Money = 0.0
    stand_alone: Money | None = None
    equal_risk: Money | None = None


class Wishes(_Part):
    """How many targets there are; how many the plan meets, within their tolerance; how many it leaves
    for another day, wholly or in part.
    """

    wanted: int = 0
    met: int = 0
    waiting: int = 0


class Dislocation(_Part):
    """What prices that are out are worth, in no cost: of the plan, and before lots."""

    plan: Money = 0.0
    objective: Money = 0.0


class Night(_Part):
    """What may be booked before the hedges, and what of the crossings waits for them; `worse` names what
    crossing everything by itself would leave worse than before.
    """

    transfers: int = 0
    crossed_notional: Money = 0.0
    cash_transfers: int = 0
    transfers_with_hedges: int = 0
    crossed_with_hedges: Money = 0.0
    cash_with_hedges: int = 0
    worse: tuple[str, ...] = ()


class DayAhead(_Part):
    """One day of one path, today first: what is ordered outside and crossed, and what it costs with its own impact."""

    date: str
    path: str
    external_notional: Money
    crossed_notional: Money
    cost: Money


class Ahead(_Part):
    """The days decided together, today among them, and what they are expected to cost: the plan and what is
    expected after it, and before lots, with either impact, the days together and each day decided alone; each book
    alone with the impact that was asked for. `exceeded`: how many limits and pools later days leave out of bounds.
    """

    days: int
    by_day: tuple[DayAhead, ...] = ()
    last: str
    impact: str
    paths: int = 1
    cost: Money
    together_remembered: Money | None = None
    together_fresh: Money | None = None
    day_by_day_remembered: Money | None = None
    day_by_day_fresh: Money | None = None
    stand_alone: Money | None = None
    no_comparison: str = ""
    exceeded: int = 0

    def saved(self, impact: str) -> Money | None:
        """What the days together save over each day decided alone, where that has an answer."""
        together, alone = (getattr(self, f"{x}_{impact}") for x in ("together", "day_by_day"))
        return None if together is None or alone is None else alone - together


class ByHand(_Part):
    """What a desk without the tool would pay, before lots."""

    cost: Money
    waiting: Money = 0.0
    orders: int
    external_notional: Money
    breaches_before: int
    breaches_after: int
    description: str


class Strip(_Part):
    """Crossing and each book alone at one impact coefficient; None without an answer."""

    impact_coefficient: float
    stand_alone_cost: Money | None
    objective: Money | None
    saving: Money | None


class Market(_Part):
    """What a shock does to the market beside prices, as multiples of today's."""

    margin: float
    half_spread: float
    adv: float


class Shock(_Part):
    """The plan after a shock; `broken` in each limit's unit, `needed` None where no plan is left."""

    shock_id: str
    loss: Money
    survives: bool
    broken: dict[str, float]
    short: dict[str, Money]
    needed: dict[str, Money] | None
    why_not: str
    market: Market


class Past(_Part):
    """A run of the same scenario before, as the journal tells of it; base currency."""

    run_id: str
    business_date: str
    plan_cost: Money = 0.0
    crossed_notional: Money = 0.0
    external_notional: Money = 0.0
    firm_volatility: Money = 0.0
    breaches: int = 0
    lines: int = 0


class Since(_Part):
    """What is other than in the run that this one was held against: its figures, and what moved."""

    run_id: str
    business_date: str
    plan_cost: Money = 0.0
    saving: Money | None = None
    crossed_notional: Money = 0.0
    external_notional: Money = 0.0
    gross_before: Money = 0.0
    firm_volatility: Money | None = None
    breaches: int = 0
    positions: int = 0  # pairs of book and instrument that hold another quantity
    limits: tuple[str, ...] = ()  # that are new, gone, or have other bounds


class Volatility(_Part):
    """Of the firm, base currency a day."""

    before: Money | None = None
    after_transfers: Money | None = None
    after: Money | None = None
    stand_alone: Money | None = None


class Lines(_Part):
    """How many tickets of each kind."""

    transfers: int = 0
    orders: int = 0
    cash_transfers: int = 0

    @property
    def total(self) -> int:
        """Of all kinds."""
        return self.transfers + self.orders + self.cash_transfers


class Breaches(_Part):
    """How many limits are outside their bounds."""

    before: int = 0
    after_transfers: int = 0
    after: int = 0


class Summary(_Part):
    """A run. Amounts in base currency; those of a comparison are None where none was made or found.

    Times stay out: the same run has the same bytes.
    """

    run_id: str
    name: str
    as_of: str
    business_date: str
    base_currency: str
    status: str = ""
    transfers_only: bool = False
    relaxed: Relaxed = Relaxed()
    objective: Money
    plan_cost: Money
    penalty: Penalty = Penalty()
    waiting: Waiting = Waiting()
    wishes: Wishes = Wishes()
    dislocation: Dislocation = Dislocation()
    costs: dict[str, Money] = {}
    stand_alone_cost: Money | None = None
    no_baseline: str = ""  # why there is none
    saving: Money | None = None
    equal_risk_cost: Money | None = None
    saving_equal_risk: Money | None = None
    by_hand: ByHand | None = None
    impact_strip: tuple[Strip, ...] = ()
    shock: Shock | None = None
    horizon: Ahead | None = None
    firm_volatility: Volatility = Volatility()
    crossed_notional: Money = 0.0
    external_notional: Money = 0.0
    gross_before: Money = 0.0
    gross_after: Money = 0.0
    lines: Lines = Lines()
    night: Night = Night()
    breaches: Breaches = Breaches()
    since: Since | None = None
    history: tuple[Past, ...] = ()  # the last twenty, oldest first
    solver: dict[str, Any] = {}
    rounding: dict[str, Any] = {}
    held_at_nothing: tuple[str, ...] = ()  # the smaller side of an owner that was on both
    findings: tuple[str, ...] = ()
    data_ages: dict[str, str] = {}

    @staticmethod
    def read(data: bytes) -> "Summary":
        """From the bytes of summary.json. Raises ValueError where they are none."""
        return Summary.model_validate_json(data)

    def written(self) -> dict[str, Any]:
        """As summary.json has it."""
        return self.model_dump(mode="json")


class Refusal(_Part):
    """Why there is no plan: the summary.json of a folder that was refused."""

    run_id: str
    name: str
    as_of: str
    status: str
    findings: tuple[str, ...]

    @staticmethod
    def read(data: bytes) -> "Refusal":
        """From the bytes of summary.json. Raises ValueError where they are none."""
        return Refusal.model_validate_json(data)
