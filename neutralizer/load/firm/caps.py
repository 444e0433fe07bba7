"""The firm's caps: the most of each thing that may leave in one run."""

from typing import Annotated

from pydantic import Field

from neutralizer.load.firm.files import Held, firm_file
from neutralizer.load.written.settings import Identifier, NotNegative, Strict, text
from neutralizer.load.written.values import number


class Caps(Strict):
    """The most of each thing that may leave in one run; absent: no cap."""

    currency: Identifier  # of the amounts: a scenario in another base currency is refused
    largest_order: NotNegative | None = None
    external_total: NotNegative | None = None
    largest_cash_transfer: NotNegative | None = None
    tickets: Annotated[int, text(number), Field(ge=0)] | None = None
    forbidden: tuple[Identifier, ...] = ()


def caps_here() -> Held[Caps]:
    """The caps that hold on this machine: caps.yaml of the firm, else of NEUTRALIZER_CAPS."""
    remedy = "correct the firm's caps, or ask who keeps them"
    return firm_file("NEUTRALIZER_CAPS", "caps.yaml", Caps, remedy)
