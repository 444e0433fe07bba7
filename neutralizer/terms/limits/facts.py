"""The words in which a measure says what it is: its unit, its bounds, its target and its scopes.

A measure's module has UNIT, BOUNDS, TARGET, SCOPES and CURVED, as `contracts.Measure` says. Readers of
limits.csv, rounding, reports and the page read them there, and nowhere else.
"""

MONEY = "base currency"  # UNIT
UNITS = "units"
FACTOR_UNITS = "factor units"
SHARE_OF_GROSS = "share of gross"

BOTH = "lower and upper"  # BOUNDS: a lower bound is convex only where the measure is linear
UPPER = "upper"  # the measure is never negative

NOTHING = "nothing"  # TARGET: the column is blank
SELECTOR = "selector"  # blank for all, or a selector of instruments
INSTRUMENT = "instrument"
FACTOR = "factor"
RISK_MODEL = "risk model"  # blank for each of them
LEVEL = "level"  # of a normal tail: 0.99
SHOCKS = "shocks"  # blank for all, a shock, or set:NAME
TAIL_OF_SHOCKS = "tail of shocks"  # a level, or NAME:level of a set

ANYWHERE = ("firm", "entity", "group", "book", "pool", "account")  # SCOPES
