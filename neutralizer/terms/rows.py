"""Whose rows a block of the program's constraints is, as a value and not as a text to be taken apart."""

from dataclasses import dataclass
from enum import Enum


class Owner(Enum):
    """What a block of rows stands for."""

    LIMIT = "limit"  # all limits of one measure, on one side
    EXCESS = "excess"  # what an improving limit still exceeds its written bound by
    NO_WORSE = "no worse"  # how far a slack may go
    POOLS = "pools"
    CONSERVATION = "conservation"
    MANDATE = "mandate"
    PARTICIPATION = "participation"
    CLOSED_PURCHASES = "closed purchases"
    CLOSED_SALES = "closed sales"
    ROUTE_CAPACITY = "route capacity"
    BORROW_LIMIT = "borrow limit"
    PLEDGE_LIMIT = "pledge limit"
    PLEDGES = "pledges"
    EXPOSURE = "exposure"  # defines the exposures to one factor
    SHORT = "short"  # defines short parts of positions
    WAITING = "waiting"  # defines what is left of targets
    DISLOCATION = "dislocation"  # says what prices that are out are worth
    MARGIN = "margin"
    CROSSINGS = "crossings"
    BARRIERS = "barriers"
    BOX = "box"


class Side(Enum):
    """On which side a block of rows holds."""

    BOTH = "both"
    UPPER = "upper"
    LOWER = "lower"
    EXACT = "exact"
    RISE = "rise"
    FALL = "fall"


@dataclass(frozen=True)
class Row:
    """A block of rows. `measure`: of limits; `index`: the limit of an excess, the factor of an exposure,
    the variable of a box; -1 where there is one block only. `stage`: of the horizon, -1 for today.
    """

    owner: Owner
    side: Side = Side.BOTH
    index: int = -1
    measure: str = ""
    stage: int = -1


POOLS = Row(Owner.POOLS)
CONSERVATION = Row(Owner.CONSERVATION)
RISE = Row(Owner.MANDATE, Side.RISE)
FALL = Row(Owner.MANDATE, Side.FALL)
PARTICIPATION = Row(Owner.PARTICIPATION)
CLOSED_PURCHASES = Row(Owner.CLOSED_PURCHASES)
CLOSED_SALES = Row(Owner.CLOSED_SALES)
ROUTE_CAPACITY = Row(Owner.ROUTE_CAPACITY)
BORROW_LIMIT = Row(Owner.BORROW_LIMIT)
PLEDGE_LIMIT = Row(Owner.PLEDGE_LIMIT)
PLEDGES = Row(Owner.PLEDGES)
MARGIN = Row(Owner.MARGIN)
CROSSINGS = Row(Owner.CROSSINGS)
BARRIERS = Row(Owner.BARRIERS)
