"""The column table: one row per input column. It validates YAML rows and CSV files, and is printed
as the manual by `neutralizer columns`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from neutralizer.terms import limits, margin

REQUIRED = object()
LARGEST_AMOUNT = 1e15  # beyond it a double no longer holds the cents


@dataclass(frozen=True)
class Column:
    """One input column. `kind`: id, text, number, date, datetime, choice, selector, scope, list."""

    name: str
    kind: str
    doc: str
    default: object = None
    choices: Collection[str] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    instead: str = ""  # what to write where a number may not stand

    @property
    def required(self) -> bool:
        """Whether every row must fill the column."""
        return self.default is REQUIRED


def _id(name: str, doc: str, default: object = REQUIRED) -> Column:
    return Column(name, "id", doc, default)


def _text(name: str, doc: str, default: object = "") -> Column:
    return Column(name, "text", doc, default)


def _number(
    name: str,
    doc: str,
    default: object = None,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    instead: str = "",
) -> Column:
    return Column(name, "number", doc, default, (), low, high, above, instead)


def _amount(name: str, doc: str, default: object = None, low: float = -LARGEST_AMOUNT) -> Column:
    """Of what is held, owed or moved: units, or money."""
    return Column(name, "number", doc, default, (), low, LARGEST_AMOUNT)


def _choice(name: str, doc: str, choices: str | Collection[str], default: object) -> Column:
    """One word of several: written out, or the names of a registry, whatever it holds by then."""
    words = choices.split() if isinstance(choices, str) else choices
    return Column(name, "choice", doc, default, words)


HALTED = "of what is halted leave adv blank and write max_participation 0"
REBATE = "a rebate is not known here: write 0"
AssetClass = Literal[
    "equity", "etf", "bond", "future", "option", "swap", "fx", "commodity", "combination"
]  # fmt: skip
ASSET_CLASSES = " ".join(get_args(AssetClass))

TABLES: dict[str, tuple[Column, ...]] = {
    "books": (
        _id("book_id", "the book"),
        _id("account_id", "its account unless book_accounts says otherwise", ""),
        _id("entity", "legal entity", ""),
        _id("beneficial_owner", "who owns the result; default the entity", ""),
        _text("description", "for people"),
        _amount(
            "reported_market_value",
            "of what is fully paid, base currency: refused where ours differs",
        ),
    ),
    "book_accounts": (
        _id("book_id", "the book"),
        Column("selector", "selector", "which of its instruments", REQUIRED),
        _id("account_id", "the account that holds them"),
    ),
    "accounts": (
        _id("account_id", "the account (netting set)"),
        _id("pool_id", "the funding pool it draws on"),
        _choice("model", "margin model", margin.REGISTRY, "rate"),
        _number("margin_multiplier", "what the broker asks over the model", 1.0, low=0),
        _number("funding_rate_bps", "a year, on margin before the multiplier", 0.0, low=0),
        _choice("short_proceeds", "do short sales free cash", "locked free", "locked"),
        _amount("reported_margin", "what the broker says it asks for, pool currency", low=0),
        _text("aggregator", "scan: max, or average_of_worst:k of the scan points", "max"),
        _number("confidence", "volatility, shortfall: of the tail", 0.99, low=0.5, high=0.99999),
        _number("margin_days", "volatility: days until it could be closed", 1.0, above=0),
        _id("shock_set", "shortfall: over which shocks; blank: all of them", ""),
    ),
    "pools": (
        _id("pool_id", "the funding pool"),
        _id("currency", "its currency"),
        _amount("cash", "at as_of, with posted margin, without locked short proceeds", REQUIRED),
        _amount("minimum_balance", "floor after margin", 0.0),
        _amount("borrow_limit", "most it may borrow", 0.0, low=0),
        _number("borrow_rate_bps", "a year; required where borrow_limit > 0", None, low=0),
        _choice(
            "due_next_morning",
            "must cash now and what arrives today cover margin alone",
            "yes no",
            "no",
        ),
        Column(
            "liquidity_after_stress",
            "selector",
            "margin and losses in cash that it covers too: *, a shock or set:NAME",
        ),
    ),
    "cash_routes": (
        _id("from_pool", "pool that sends"),
        _id("to_pool", "pool that receives"),
        _number("capacity", "from-currency; default unlimited", None, low=0),
        _number("fee_bps", "of the amount sent", 0.0, low=0, high=10_000),
        _number("value_days", "business days until it arrives", 0.0, low=0, high=30),
        Column("cut_off", "time", "time of day, at the offset of as_of; later: one day more"),
    ),
    "collateral": (
        _id("pool_id", "the pool that may post it for margin"),
        _id("instrument_id", "what is posted: fully paid"),
        _number("haircut", "fraction of value that does not count", REQUIRED, low=0, high=1),
        _number("opportunity_bps", "a year, on value posted", 0.0, low=0),
        _amount("quantity", "units the pool has apart; blank: what its accounts hold", None, low=0),
    ),
    "instruments": (
        _id("instrument_id", "the instrument, or a combination_id"),
        _choice("asset_class", "what it is", ASSET_CLASSES, REQUIRED),
        _id("currency", "currency of price and costs; GBX, ZAC, ILA, USX are hundredths"),
        _number("price", "local; what everything is valued and crossed at"),
        _text("price_rule", "MID, LAST, CLOSE, SETTLE: a label"),
        _text("price_source", "a label"),
        Column("price_time", "datetime", "when the price was made"),
        _number("bid", "local"),
        _number("ask", "local"),
        _number("multiplier", "local value of one unit per 1.0 of price; default 1", None, above=0),
        _number("notional_per_unit", "local; default |price| x multiplier", None, above=0),
        _number("lot_size", "smallest order, units", 1.0, above=0),
        _choice("payment", "paid in full or by margin", "fully_paid margined", ""),
        _number("half_spread_bps", "of notional", None, low=0),
        _number("half_spread_per_unit", "local currency a unit of quantity", None, low=0),
        _number("adv", "average daily volume, units", None, above=0, instead=HALTED),
        _number("volatility", "of returns, in risk.units", None, low=0),
        _number("commission_bps", "of notional", 0.0, low=0, instead=REBATE),
        _number("commission_per_unit", "local currency a unit", 0.0, low=0, instead=REBATE),
        _number("buy_tax_bps", "of notional", 0.0, low=0),
        _number("sell_tax_bps", "of notional", 0.0, low=0),
        _number("long_financing_bps", "a year, act/360; positive = we pay", 0.0),
        _number("short_financing_bps", "a year, act/360; positive = we pay", 0.0),
        _choice("hedge_instrument", "may be used as a hedge without mandates", "yes no", "no"),
        _choice("cross_eligible", "may books cross it", "yes no", "yes"),
        _number("specific_volatility", "not explained by the factors, in risk.units", None, low=0),
        _number("max_participation", "share of adv; 0 = never outside", None, low=0),
        _number("settlement_days", "business days", None, low=0, high=30),
        Column(
            "expiry",
            "date",
            "last day: not ordered or crossed where it is before execution_date, and refused where it is held",
        ),
        Column(
            "first_notice", "date", "from which who is long may have to take delivery; for rolls"
        ),
        _id("isin", "for the tickets", ""),
        _id("underlying", "for selectors; of fx, the currency that is bought", ""),
        _id("quote_currency", "of fx, the currency it is paid in; default currency", ""),
        _text("sector", "for selectors"),
        _id("issuer", "for selectors", ""),
        _id("country", "for selectors", ""),
    ),
    "measured": (
        _id("instrument_id", "the instrument whose blank columns are filled"),
        _number("volatility", "of returns, in risk.units", None, low=0),
        _number("specific_volatility", "not explained by the factors, in risk.units", None, low=0),
        _number("adv", "average daily volume, units", None, above=0),
        _number(
            "half_spread_bps", "of notional, where it has no half spread in any form", None, low=0
        ),
        _number("n_days", "returns that its risk rests on", None, low=0),
    ),
    "positions": (
        _id("book_id", "the book"),
        _id("instrument_id", "the instrument"),
        _amount("quantity", "signed units, + long", REQUIRED),
        _number("mark_price", "what the book itself values it at, as price is written", None),
        Column("as_of", "datetime", "when it was taken"),
    ),
    "open_orders": (
        _id("book_id", "the book"),
        _id("instrument_id", "the instrument"),
        _amount("quantity", "signed units still to come, + to be bought or received", REQUIRED),
        _id("ticket_id", "the ticket that was released", ""),
    ),
    "mandates": (
        _id("book_id", "the book, or * for every book"),
        Column("selector", "selector", "which instruments", REQUIRED),
        _choice("may", "what it may do", "trade reduce none", REQUIRED),
    ),
    "dislocations": (
        _id("instrument_id", "whose price is out; no combination"),
        Column("fair_value", "number", "what it should be, local", REQUIRED, (), above=0),
        Column(
            "max_quantity",
            "number",
            "units beyond which nothing is gained; blank: the budget alone says",
            None,
            (),
            above=0,
        ),
        Column("expires", "date", "last business date on which it counts"),
        _number("confidence", "share of the gap that is expected to close", 1.0, low=0, high=1),
    ),
    "targets": (
        _id("book_id", "whose wish it is"),
        _id("instrument_id", "of what"),
        _amount("target", "units wanted after, + long; or trade"),
        _amount("trade", "units wanted more, + to be bought, of what is held and open; or target"),
        _amount("tolerance", "units by which the target may be missed either way", 0.0, low=0),
        _choice("may_wait", "whether it may be left for another day", "yes no", "no"),
        _number(
            "waiting_bps",
            "what a notional left costs; required where it may wait",
            None,
            low=0,
            high=1_000_000,
        ),
        _text("owner", "who to ask"),
    ),
    "restricted": (
        Column("selector", "selector", "which instruments", REQUIRED),
        _id("book_id", "the book; * or blank: every book", ""),
        Column("from", "date", "first business date on which it holds"),
        Column("to", "date", "last business date on which it holds"),
        _choice("no_buy", "the position may not rise, inside or outside", "yes no", "no"),
        _choice("no_sell", "the position may not fall, inside or outside", "yes no", "no"),
        _choice("no_cross", "what is traded is traded outside", "yes no", "no"),
        _text("description", "why, for people"),
    ),
    "borrow": (
        _id("instrument_id", "what is borrowed: fully paid"),
        _id("account_id", "where; blank = each account", ""),
        _number("available", "units that may be short in the account", REQUIRED, low=0),
        _number("fee_bps", "a year, on notional short", 0.0, low=0),
    ),
    "rolls": (
        Column(
            "selector",
            "selector",
            "which contracts; the row that names one beats its selector",
            REQUIRED,
        ),
        Column("last_day", "date", "day at whose end it is held no more; or rule"),
        _text(
            "rule",
            "expiry-5b, first_notice-3b: so many business days before that date of the contract",
        ),
        _number(
            "days", "business days of the window that ends on the last day", 5.0, low=1, high=250
        ),
        _id(
            "into",
            "what its holders may trade instead; next: the next expiry of its underlying",
            "",
        ),
        _choice("gradual", "an equal part a day, or any day of the window", "yes no", "no"),
        _text("owner", "who to ask"),
    ),
    "flows": (
        Column(
            "date", "date", "business day on which it comes, before that day's hedges", REQUIRED
        ),
        _id("book_id", "whose position it changes"),
        _id("instrument_id", "what comes; no combination"),
        _amount("quantity", "units, + to be received", REQUIRED),
        Column(
            "probability",
            "number",
            "that it comes; of all below 1 either all come or none",
            1.0,
            (),
            above=0,
            high=1,
        ),
    ),
    "cash_flows": (
        Column("date", "date", "business day on which it is there", REQUIRED),
        _id("pool_id", "the pool that is paid"),
        _amount("amount", "pool currency, + received; not what fully paid flows pay", REQUIRED),
    ),
    "factors": (
        _id("factor_id", "the risk factor"),
        _choice("basis", "loading multiplies notional or quantity", "value unit", "value"),
        _text("unit", "for people"),
        _text("description", "for people"),
        _id("currency", "that it is: loadings follow where none are written", ""),
    ),
    "loadings": (
        _id("instrument_id", "the instrument"),
        _id("factor_id", "the factor"),
        _number("loading", "exposure per notional (value) or per unit (unit)", REQUIRED),
    ),
    "fx": (
        _id("currency", "the currency"),
        _number("rate", "base currency per unit", REQUIRED, above=0),
        _number("half_spread_bps", "of converting it, against the base currency", 0.0, low=0),
    ),
    "margin_rates": (
        Column(
            "instrument_id",
            "selector",
            "the instrument, or a selector of several; its own row beats it",
            REQUIRED,
        ),
        _id("account_id", "blank = every account", ""),
        _number("long_rate", "fraction of notional", None, low=0, high=5),
        _number("short_rate", "fraction of notional", None, low=0, high=5),
        _number("per_unit", "local currency a unit, both sides", None, low=0),
    ),
    "combinations": (
        _id("combination_id", "the listed combination; its cost row stands in instruments"),
        _id("instrument_id", "a leg"),
        _number("ratio", "units of the leg per unit, signed", REQUIRED),
    ),
    "limits": (
        _id("limit_id", "the limit"),
        _choice("measure", "what is measured", limits.REGISTRY, REQUIRED),
        Column(
            "scope", "scope", "firm, entity:X, group:X, book:X, book:*, pool:X, account:X", REQUIRED
        ),
        Column("target", "selector", "factor, instrument or selector, by measure"),
        _number("lower", "in the measure's unit"),
        _number("upper", "in the measure's unit"),
        _choice("kind", "hard, or soft: kept as well as can be", "hard soft", "hard"),
        _choice("on_breach", "cure, or only not worse", "cure improve", "cure"),
        _number("priority", "1 is kept longest; what gives, gives last priority first", 1.0, low=0),
        _number(
            "penalty",
            "base currency per unit of excess; required with improve; the weight of a soft limit",
            None,
            low=0,
        ),
        _choice(
            "to_a_lot",
            "whether half a step will do where that is much more than its band",
            "yes no",
            "no",
        ),
        _text("owner", "whom to ask"),
        _text("description", "a sentence for people"),
    ),
    "shocks": (
        _id("shock_id", "what could happen; all rows of one id happen together"),
        _id("instrument_id", "what moves: this instrument, whatever its factors do", ""),
        _id("factor_id", "or this factor, and with it what loads on it", ""),
        _number("move", "return on notional of the instrument, or move of the factor", REQUIRED),
        _id("shock_set", "shocks that are asked for together", ""),
    ),
    "scan_arrays": (
        _id("instrument_id", "the instrument"),
        _id("product_group", "what it is margined with"),
        _number("delta", "units of the group's underlying per unit; default 1", 1.0),
        _number(
            "s1", "local loss of one unit long at scan point 1; s2, s3 and so on alike", REQUIRED
        ),
    ),
    "scan_groups": (
        _id("product_group", "the product group"),
        _id("currency", "of its charges"),
        _number("spread_charge", "per delta long against one short", 0.0, low=0),
        _number("short_option_minimum", "the least that a short option unit asks for", 0.0, low=0),
        _number("add_on_rate", "fraction of notional on top", 0.0, low=0, high=5),
    ),
    "scan_credits": (
        _id("credit_id", "the credit"),
        _id("group_a", "a product group"),
        _number("ratio_a", "its deltas in one spread", REQUIRED, above=0),
        _id("group_b", "another, with the opposite delta"),
        _number("ratio_b", "its deltas in one spread", REQUIRED, above=0),
        _number("credit_rate", "share of an outright that is let go", REQUIRED, low=0, high=1),
        _number("priority", "1 is formed first", 1.0, low=0),
    ),
    "crif": (
        _id("instrument_id", "the instrument whose one unit, long, has this sensitivity"),
        _choice("product_class", "of SIMM", "RatesFX Credit Equity Commodity", REQUIRED),
        _id("risk_type", "such as Risk_IRCurve, Risk_Equity, Risk_FX"),
        _id("qualifier", "currency, issuer, stock or commodity", ""),
        _id("bucket", "as the methodology numbers them, or Residual; blank for rates and FX", ""),
        _id("label1", "tenor: 2w 1m 3m 6m 1y 2y 3y 5y 10y 15y 20y 30y", ""),
        _id("label2", "sub-curve of an interest rate", ""),
        _id("amount_currency", "of the amount"),
        _number("amount", "sensitivity of one unit: per basis point, per cent, or vega", REQUIRED),
    ),
    "crossing_groups": (
        _id("group_id", "the group"),
        Column("books", "list", "its books; separated by ; in CSV", REQUIRED),
        _choice("cross_entity", "may it join beneficial owners", "yes no", "no"),
        _id("via_book", "its central book, which every transfer faces; blank: none", ""),
    ),
    "barriers": (
        _id("book_a", "a book"),
        _id("book_b", "a book that it may never cross with"),
        _text("description", "why, for people"),
    ),
}

OPTION_TERMS = (
    _id("instrument_id", "the option"),
    _id("underlying_id", "the instrument whose price it follows"),
    _choice("kind", "what it is", "call put", ""),
    _number("strike", "in the underlying's price", None, above=0),
    _number("years", "until it expires", None, above=0),
    _number("volatility", "implied, a year, as a fraction", None, above=0),
    _number("rate", "a year, continuously compounded", 0.0),
    _number("delta", "price change per 1.0 of the underlying's price"),
    _number("gamma", "delta change per 1.0 of the underlying's price"),
    _number("vega", "price change per 1.0 of volatility (0.01 is one point)"),
    _number("volatility_range", "what volatility moves by, as a fraction", REQUIRED, low=0),
)

PROFILE = (
    Column("start", "time", "of the slice, at the offset of as_of", REQUIRED),
    Column("end", "time", "of the slice", REQUIRED),
    Column("selector", "selector", "which instruments, or one combination", "*"),
    _number(
        "share", "of the day's volume, as parts of what its selector has in all", REQUIRED, low=0
    ),
)

ACTIONS = (
    Column("date", "date", "from when on", REQUIRED),
    _id("instrument_id", "what was held before"),
    _number("ratio", "units after for one before: 4 of a split by four", 1.0, above=0),
    _id("new_id", "what it is called after; blank: the same", ""),
)

ACKS = (
    _id("ticket_id", "the ticket"),
    _choice("status", "what became of it", "BOOKED REJECTED CANCELLED", REQUIRED),
    Column("time", "datetime", "when", REQUIRED),
    _text("reason", "for people"),
)
_START = (
    _number("start_px", "middle of the market when the broker began with the order, local", None),
    Column("start_time", "datetime", "when that was"),
)
FILLS = (
    _id("fill_id", "of the execution: the same fill never counts twice"),
    _id("ticket_id", "the ticket; blank: not ours to order, such as a client's trade", ""),
    _id("book_id", "who received it"),
    _id("instrument_id", "what"),
    _amount("quantity", "signed units, + bought", REQUIRED),
    _number("price", "local", None),
    Column("time", "datetime", "when", REQUIRED),
    *_START,
)
EXECUTIONS = (
    _id(
        "exec_id",
        "of the execution: unique for its sender and date; the same row again is the same one",
    ),
    _id("ticket_id", "the order's ticket"),
    _id("instrument_id", "of a combination the leg; blank: what the ticket orders", ""),
    _choice("side", "as executed", "BUY SELL SELL_SHORT", ""),
    Column(
        "last_qty", "number", "what was executed, units", None, (), high=LARGEST_AMOUNT, above=0
    ),
    _number("last_px", "at which price, local", None),
    Column("time", "datetime", "when", REQUIRED),
    _choice(
        "status",
        "of the row: a correction and a bust name an execution, the last three end the order",
        "TRADE CORRECT BUST CANCELLED EXPIRED REJECTED",
        "TRADE",
    ),
    _id("ref_exec_id", "the execution that is corrected or busted; blank: exec_id is its own", ""),
    _id("sender", "who reports; blank: as the file is named, executions_SENDER_DATE.csv", ""),
    *_START,
)

SQUARE_TABLES = {
    "factor_covariance": "square; header and first column carry the factor ids",
    "covariance": "square; header and first column carry the instrument ids; returns on notional",
}
TIMES = {"positions": "as_of", "instruments": "price_time"}  # the column of a row's own time
RISK_TABLES = ("factors", "loadings", "factor_covariance", "covariance")
NUMBERED = {"scan_arrays": re.compile(r"s[1-9][0-9]{0,3}")}  # columns, as many as are needed
KEYS: dict[str, tuple[str, ...]] = {
    "books": ("book_id",),
    "book_accounts": ("book_id", "selector"),
    "accounts": ("account_id",),
    "pools": ("pool_id",),
    "cash_routes": ("from_pool", "to_pool"),
    "collateral": ("pool_id", "instrument_id"),
    "instruments": ("instrument_id",),
    "measured": ("instrument_id",),
    "dislocations": ("instrument_id",),
    "positions": ("book_id", "instrument_id"),
    "open_orders": ("book_id", "instrument_id", "ticket_id"),
    "mandates": ("book_id", "selector", "may"),
    "targets": ("book_id", "instrument_id"),
    "restricted": ("selector", "book_id", "from"),
    "borrow": ("instrument_id", "account_id"),
    "rolls": ("selector",),
    "flows": ("date", "book_id", "instrument_id", "probability"),
    "cash_flows": ("date", "pool_id"),
    "factors": ("factor_id",),
    "loadings": ("instrument_id", "factor_id"),
    "fx": ("currency",),
    "margin_rates": ("instrument_id", "account_id"),
    "combinations": ("combination_id", "instrument_id"),
    "limits": ("limit_id",),
    "crossing_groups": ("group_id",),
    "barriers": ("book_a", "book_b"),
    "shocks": ("shock_id", "instrument_id", "factor_id"),
    "scan_arrays": ("instrument_id",),
    "scan_groups": ("product_group",),
    "scan_credits": ("credit_id",),
    "crif": (
        "instrument_id",
        "product_class",
        "risk_type",
        "qualifier",
        "bucket",
        "label1",
        "label2",
    ),
}


def path_of(name: str) -> tuple[str, ...]:
    """The keys under `tables` that lead to a table: ("risk", "models", "crash", "factor_covariance")
    of factor_covariance@crash.
    """
    kind, _, model = name.partition("@")
    if model:
        return "risk", "models", model, kind
    return ("risk", name) if name in RISK_TABLES else (name,)


def columns_of(table: str, header: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a table, with the numbered ones that its header carries."""
    pattern = NUMBERED.get(table)
    first = {c.name for c in TABLES[table]}
    more = [c for c in header if pattern and pattern.fullmatch(c) and c not in first]
    return TABLES[table] + tuple(_number(c, "the next scan point", REQUIRED) for c in more)
