"""A plan's orders over a session: as cheap and safe as asked, nothing worse on the way than at both ends, in lots."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import (
    Sent,
    Slices,
    Wanted,
    at_once,
    on_the_way,
    with_the_hedges,
)
from neutralizer.program.timetable import Timed, timed
from neutralizer.terms.session import Held, worse

# Of holding what the last answer left worse; each adds states that were not held before.
ROUNDS = 12
NEARLY = 1e-6  # of a scale: two answers that exceed by less are as good
# Slices with which phase 2 is tried, beside the one that does half of the orders, and the last.
EARLY = (0, 1, 2)


def timetable(
    scenario: Scenario, plan: Plan, slices: Slices, wanted: Wanted, say: Callable[[str], None]
) -> Timed:
    """Before lots: the cheapest of a few slices with which all that is booked with the hedges may be booked. Where
    the first of them leaves nothing worse on the way, nothing is to be gained by another. Raises NotSolved.
    """
    first = timed(scenario, plan, slices, wanted)
    half = _half_of(scenario, first.sent)
    found = _held(scenario, plan, slices, wanted, first, half, say)
    if not (found.held and any(x.any() for x in with_the_hedges(plan))):
        return found
    tried = [found]
    for k in sorted({*EARLY, slices.count - 1} - {half}):
        if k < slices.count:
            say(f"phase 2 with slice {k + 1}")
            tried.append(_held(scenario, plan, slices, wanted, first, k, say))
    return min(tried, key=lambda x: (max(x.given, NEARLY), x.total))


def _held(
    scenario: Scenario,
    plan: Plan,
    slices: Slices,
    wanted: Wanted,
    first: Timed,
    slice_: int,
    say: Callable[[str], None],
) -> Timed:
    """What an answer leaves worse on the way is held, and decided again, until nothing new is worse."""
    booked = at_once(slices.count, slice_)
    found = replace(first, sent=replace(first.sent, booked=booked))
    held: dict[tuple[int, int, int, float], Held] = {}
    for _ in range(ROUNDS):
        states = on_the_way(scenario, plan, found.sent)
        new = {(h.slice, h.limit, h.pool, h.sign): h for h, _ in worse(scenario, plan, states)}
        if not new.keys() - held.keys():
            break
        held = new | held
        say(f"deciding again: {len(held)} limits and pools are held on the way")
        found = timed(scenario, plan, slices, wanted, list(held.values()), booked)
    return found


def _half_of(scenario: Scenario, sent: Sent) -> int:
    """The slice that does half of the orders' notional."""
    done = (np.abs(sent.total) * scenario.order_notional[sent.order]) @ sent.done
    return int((done < done[-1] / 2 * (1 - 1e-9)).sum())


def in_lots(scenario: Scenario, sent: Sent) -> Sent:
    """Whole lots, of which at the end of each slice as many are done as are nearest to what was decided; what an
    order has beside whole lots goes with its last slice.
    """
    lot = scenario.tradables.lot[scenario.orders.tradable[sent.order]][:, None]
    size = np.abs(sent.total)[:, None]
    done = np.minimum(np.floor(sent.done * size / lot + 0.5) * lot, size)
    done[:, -1] = size[:, 0]
    last = np.where(sent.share > 0, np.arange(sent.share.shape[1])[None, :], -1).max(axis=1)
    after = np.arange(done.shape[1])[None, :] >= last[:, None]
    done = np.where(after, size, done)
    return replace(sent, share=np.diff(done, axis=1, prepend=0.0) / size)
