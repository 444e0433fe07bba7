"""The days that tickets are dated by."""

from datetime import date

from neutralizer.domain.calendar import later
from neutralizer.load.written.inputs import Inputs


def business_date(inputs: Inputs) -> date:
    """The day that the transfers are booked on: as written, else that of as_of or the next business day."""
    settings = inputs.settings
    return settings.business_date or later(settings.as_of.date(), 0, settings.calendar)


def execution_date(inputs: Inputs) -> date:
    """The day that the hedges trade on."""
    return inputs.settings.execution_date or business_date(inputs)
