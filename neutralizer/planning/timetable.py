"""A plan's orders over a session: as cheap and safe as asked, nothing worse on the way than at both ends, in lots."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neutralizer.domain.plan import Plan
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.timetable import Sent, Slices, Wanted, on_the_way
from neutralizer.program.timetable import Timed, timed
from neutralizer.terms.session import Held, worse

ROUNDS = (
    12  # of holding what the last answer left worse; each adds states that were not held before
)


def timetable(
    scenario: Scenario, plan: Plan, slices: Slices, wanted: Wanted, say: Callable[[str], None]
) -> Timed:
    """Before lots: what an answer leaves worse on the way is held, and decided again. Raises NotSolved."""
    held: dict[tuple[int, int, int, float], Held] = {}
    found = timed(scenario, plan, slices, wanted)
    for _ in range(ROUNDS):
        states = on_the_way(scenario, plan, found.sent)
        new = {(h.slice, h.limit, h.pool, h.sign): h for h, _ in worse(scenario, plan, states)}
        if not new.keys() - held.keys():
            break
        held = new | held
        say(f"deciding again: {len(held)} limits and pools are held on the way")
        found = timed(scenario, plan, slices, wanted, list(held.values()))
    return found


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
