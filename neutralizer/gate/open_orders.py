"""Today's inputs held against what operations already have: no risk is hedged twice, and nothing that is
done is done again.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from neutralizer.domain.executions import states
from neutralizer.domain.money import plain
from neutralizer.domain.record import Waivers
from neutralizer.domain.superseded import Superseded
from neutralizer.errors import InputsRefused, Issues
from neutralizer.gate.previous import Positions, held
from neutralizer.load.came_back import executions_in
from neutralizer.load.scenario import Loaded
from neutralizer.records.handed import handed_over, what_is_known
from neutralizer.records.superseded import came_back

ZERO = Decimal(0)


def not_on_its_way(now: Loaded, handoff: Path) -> Iterator[str]:
    """A sentence for each open ticket position of this scenario's earlier dates that the table
    open_orders does not hold as it is. Raises CannotWrite, Tampered, InputsRefused.
    """
    released = handed_over(handoff)
    known = what_is_known(released, executions_in(came_back(handoff)))
    s, due = now.scenario, defaultdict[tuple[str, str], Decimal](Decimal)
    for h in released:
        day = h.manifest["business_date"]
        if h.manifest["name"] == s.name and day < s.business_date.isoformat():
            for state in states(h.tables, known):
                for pair, quantity in state.moves:
                    due[pair] += quantity
    given = held(now.inputs, "open_orders")
    for pair, quantity in sorted(due.items()):
        if given.get(pair, ZERO) != quantity:
            yield (
                f"{' '.join(pair)}: {plain(quantity)} were released and are open, open_orders has "
                f"{plain(given.get(pair, ZERO))}: bring the table that `neutralizer status {handoff} "
                "--open-orders` prints"
            )


def done_is_held(now: Loaded, before: Loaded, old: Superseded, waivers: Waivers) -> None:
    """Raises InputsRefused with each position that is still what it was before the superseded run,
    although tickets of that run were booked or filled.
    """
    issues = Issues()
    was, given = held(before.inputs), held(now.inputs)
    for pair, quantity in sorted(_done(old).items()):
        untouched = given.get(pair, ZERO) == was.get(pair, ZERO)
        if quantity and untouched and not {*pair, "/".join(pair)} & set(waivers.jumps):
            reason = (
                f"{' '.join(pair)} is still {plain(was.get(pair, ZERO))}, and {plain(quantity)} are booked or "
                f"filled of run {old.run_id}"
            )
            remedy = (
                f"bring positions that have it, or let it pass with --accept-jump {'/'.join(pair)}"
            )
            issues.error("positions", 0, "", None, reason, remedy)
    if issues.errors:
        raise InputsRefused(issues.found)


def _done(old: Superseded) -> Positions:
    """What the superseded run's tickets have moved so far, signed units."""
    found: Positions = defaultdict(Decimal)
    for state in old.states.values():
        for pair, units in state.received:
            found[pair] += units
    return found
