"""What the barriers between crossing groups cost: solved again with groups merged, and with one book moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neutralizer.domain.orders import merged, owners_by_group, with_groups
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, NotSolved
from neutralizer.program.solve import solve

Groups = tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """What would be changed, and what it would save, base currency; None where it has no answer."""

    change: str
    saving: float | None


def openings(scenario: Scenario, say: Callable[[str], None]) -> list[Opening]:
    """Largest saving first, without what would join a barred pair. Raises Infeasible where the scenario
    itself has no plan.
    """
    cost, found = solve(scenario).compared, []
    for change, groups in _partitions(scenario):
        if any(groups[a] == groups[b] for a, b in scenario.books.barred):
            continue
        say(f"solving with {change}")
        try:
            found.append(Opening(change, cost - solve(with_groups(scenario, groups)).compared))
        except (Infeasible, NotSolved):
            found.append(Opening(change, None))
    return sorted(found, key=lambda o: (-(o.saving or 0.0), o.change))


def _partitions(s: Scenario) -> Iterator[tuple[str, Groups]]:
    """Only books of one beneficial owner are brought together, and those that are already."""
    groups, owners, together = s.books.group, s.books.owner, merged(s.books)
    owners_of = owners_by_group(s.books)
    if together != groups:
        yield "all groups of one owner merged", together
    for b, book in enumerate(s.books.ids):
        for other in sorted(owners_of):
            if other != groups[b] and owners[b] in owners_of[other]:
                moved = tuple(other if k == b else g for k, g in enumerate(groups))
                yield f"{book} moved to {other}", moved
