"""The tables of a history folder."""

from neutralizer.load.written.columns import REQUIRED, Column


def _number(name: str, doc: str, default: object = None, above: float | None = None) -> Column:
    return Column(name, "number", doc, default, above=above)


DAY = Column("date", "date", "the day", REQUIRED)
OPTIONAL = (
    _number("adjusted", "price without splits, dividends and rolls; returns are of it"),
    _number("open", "local", above=0),
    _number("high", "local", above=0),
    _number("low", "local", above=0),
    Column("volume", "number", "units traded", None, low=0),
    _number("bid", "local"),
    _number("ask", "local"),
    Column("currency", "id", "of the price; held against the instrument's", ""),
)
TABLES: dict[str, tuple[Column, ...]] = {
    "prices": (
        DAY,
        Column("instrument_id", "id", "the instrument", REQUIRED),
        _number("price", "local; blank: none that day"),
        *OPTIONAL,
    ),
    "factors": (
        DAY,
        Column("factor_id", "id", "the factor", REQUIRED),
        _number("return", "of the factor on the day, a fraction"),
    ),
    "fx": (
        DAY,
        Column("currency", "id", "the currency", REQUIRED),
        _number("rate", "base currency per unit", above=0),
    ),
}
