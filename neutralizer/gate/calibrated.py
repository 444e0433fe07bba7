"""Until when cost parameters hold that were calibrated on fills."""

from datetime import date

from neutralizer.load.written.settings import CostSettings

NAME = "costs"  # by which expired ones may be let pass


def no_longer_calibrated(costs: CostSettings, day: date) -> str:
    """A sentence where the costs do not hold on a business date; blank where they do."""
    if costs.valid_until is None or day <= costs.valid_until:
        return ""
    return (
        f"costs hold until {costs.valid_until}, the business date is {day}: calibrate them on newer fills, "
        f"or let it pass with --accept-stale {NAME}"
    )
