"""Irreducible conflicts: sets of members that no plan keeps together, and that any plan keeps but one.

The duals of the least relaxation are Farkas' proof: members without a share in it are not needed. What
is left is tried one by one, each trial a cone program with the member's rows lifted (Chinneck,
Feasibility and Infeasibility in Optimization, ch. 6: deletion after sensitivity filtering).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.program.bound import dual_bound
from neutralizer.program.build import Give, Program, build, pool_scales
from neutralizer.program.canonical import Canonical, canonicalise
from neutralizer.program.conflicts.conflict import as_held, set_rows
from neutralizer.program.conflicts.impossible import Impossible, impossible
from neutralizer.program.conflicts.members import Member, OpenDecision, members_of
from neutralizer.program.conflicts.subset import out_by, without
from neutralizer.program.solvers.conic import run_solver
from neutralizer.terms import limits

CONFLICT = 1e-6  # Σ relaxation / scale, certified: a conflict
KEPT = 1e-6  # and a plan that keeps everything is out by no more
MOST_CONFLICTS = 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Conflict:
    """An irreducible set. `alone`: what each member that can give must give when it gives alone, in
    its own unit; `relaxation`: what the set's least relaxation is, over the members' scales.
    """

    members: tuple[int, ...]
    alone: dict[int, float]
    relaxation: float
    proven: bool  # every trial was certified one way or the other


@dataclass
class _Trial:
    """What one subset came to: its certified bound, the answer's relaxation, whether it is kept."""

    bound: float
    value: float
    out: float
    z: Floats
    x: Floats = field(repr=False)

    @property
    def conflicts(self) -> bool:
        return self.bound > CONFLICT

    @property
    def kept(self) -> bool:
        return self.value <= KEPT and self.out <= KEPT


class Search:
    """The program in which every member has its own rows, and its trials."""

    def __init__(self, scenario: Scenario) -> None:
        """`scenario` as held: see `conflict.as_held`."""
        self.scenario = scenario
        decision = OpenDecision(scenario)
        self.program: Program = build(
            decision.scenario, Give.everything(scenario), 0.0, decision=decision
        )
        self.canonical: Canonical = canonicalise(self.program)
        self.members = members_of(self.program, decision, self.canonical, scenario)
        self.row_member = np.full(self.canonical.a.shape[0], -1, dtype=np.int64)
        for m, member in enumerate(self.members):
            self.row_member[list(member.rows)] = m
        self.slack_member = self._slacks()
        self.scale = {m: self._scale(x) for m, x in enumerate(self.members) if x.gives}
        self.proven = True

    def _slacks(self) -> Ints:
        """(columns,) the member whose relaxation a column is, else -1."""
        found = np.full(self.canonical.a.shape[1], -1, dtype=np.int64)
        for row, slack in self.program.slacks.items():
            rows = self.canonical.rows[row]
            found[self.canonical.columns[slack.id]] = self.row_member[rows]
        return found

    def _scale(self, member: Member) -> float:
        """One scale of relaxation in the member's own unit."""
        s = self.scenario
        if member.kind == "pool":
            return float(pool_scales(s)[member.index] / s.pools.fx[member.index])
        return float(limits.scales(s)[member.index])

    def trial(self, live: Iterable[int], giving: int | None = None) -> _Trial:
        """The least relaxation of some members; of one of them alone where `giving` names it."""
        on = self._on(live)
        columns = (self.slack_member >= 0) & ~on[self.slack_member]
        if giving is not None:
            columns |= (self.slack_member >= 0) & (self.slack_member != giving)
        smaller, kept = without(self.canonical, self._lifted(on), columns)
        z = np.zeros(self.canonical.a.shape[0])
        tried: list[_Trial] = []
        for finer in (1.0, 100.0):
            answer = run_solver(_finer(smaller, finer), self.scenario)
            own = answer["z"] / finer
            value = float(smaller.c @ answer["x"])
            bound = dual_bound(smaller, own, max(value, 1.0) * 2)
            z[kept] = own
            found = _Trial(bound, value, out_by(smaller, answer["x"]), z.copy(), answer["x"])
            tried.append(found)
            if found.conflicts or found.kept:
                return found
        self.proven = False
        return tried[0]

    def _on(self, live: Iterable[int]) -> Bools:
        on = np.zeros(len(self.members), dtype=bool)
        on[list(live)] = True
        return on

    def _lifted(self, on: Bools) -> Bools:
        found: Bools = (self.row_member >= 0) & ~on[self.row_member]
        return found

    def support(self, live: list[int], z: Floats) -> list[int]:
        """The fewest members, by their share in the proof, that still prove the conflict without a
        solve; in the order of their shares, least first.
        """
        share = np.zeros(len(self.members))
        held = self.row_member >= 0
        np.maximum.at(share, self.row_member[held], np.abs(z[held]))
        order = sorted(live, key=lambda m: (share[m], m))
        low, high = 0, len(order)  # how many of the least can go
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._proves(order[middle:], z) else (low, middle)
        return order[low:]

    def _proves(self, live: list[int], z: Floats) -> bool:
        on = self._on(live)
        columns = (self.slack_member >= 0) & ~on[self.slack_member]
        smaller, kept = without(self.canonical, self._lifted(on), columns)
        return dual_bound(smaller, z[kept], 2.0 * max(1.0, float(np.abs(z).sum()))) > CONFLICT

    def irreducible(self, live: list[int], z: Floats) -> Conflict:
        """One irreducible conflict out of a set that conflicts, with what each member must give. Each
        round drops a member, finds that one is needed, or halves how many are tried: it ends.
        """
        self.proven, found = True, self.support(live, z)
        needed: set[int] = set()
        many = len(found)
        while left := [m for m in found if m not in needed]:
            many = min(max(many // 2, 1), len(left))
            rest = [m for m in found if m not in left[:many]]
            tried = self.trial(rest)
            if tried.conflicts:
                found, many = self.support(rest, tried.z), 2 * many
            elif many == 1:
                needed.add(left[0])
                many = len(left)
        whole = self.trial(found)
        giving = [m for m in found if self.members[m].gives]
        alone = {}
        for m in giving:
            value = whole.value if len(giving) == 1 else self.trial(found, m).value
            alone[m] = value * self.scale[m]
        return Conflict(tuple(sorted(found)), alone, whole.bound, self.proven)

    def plain(self, proofs: Sequence[Impossible]) -> list[Conflict]:
        """What needs no solve, as conflicts: the limits and the mandates that each of them names."""
        at = {(x.kind, x.index): m for m, x in enumerate(self.members)}
        found = []
        for proof in proofs:
            own = [at["limit", k] for k in proof.limits]
            bars = [at["mandate", h] for h in proof.mandates or () if ("mandate", h) in at]
            if proof.mandates is not None:
                alone = dict.fromkeys(own, proof.apart)
                found.append(Conflict(tuple(sorted({*own, *bars})), alone, proof.apart, True))
        return found[:MOST_CONFLICTS]

    def conflicts(
        self,
        relaxed: dict[tuple[str, str], float],
        say: Say,
        known: Sequence[Conflict] = (),
    ) -> list[Conflict]:
        """Up to three, with those that are known: after each, the member that the least relaxation gives
        most from is let go.
        """
        gone = {m for x in known for m in x.alone}
        live, found = [m for m in range(len(self.members)) if m not in gone], list(known)
        while len(found) < MOST_CONFLICTS and self._more(live, known, relaxed):
            tried = self.trial(live)
            if not tried.conflicts:
                break
            say(f"looking for conflict {len(found) + 1}")
            found.append(self.irreducible(live, tried.z))
            most = max(
                found[-1].alone,
                key=lambda m: relaxed.get((self.members[m].name, self.members[m].scope), 0.0),
            )
            live.remove(most)
        return found

    def _more(
        self, live: list[int], known: Sequence[Conflict], relaxed: dict[tuple[str, str], float]
    ) -> bool:
        """Whether the least relaxation gives from anybody else than those of the known conflicts."""
        names = {(self.members[m].name, self.members[m].scope) for m in live}
        return not known or not names.isdisjoint(relaxed)


def explained(refusal: Infeasible, scenario: Scenario, say: Say) -> Infeasible:
    """The refusal with the irreducible conflicts behind its relaxation."""
    held = as_held(scenario)
    search = Search(held)
    given = {
        (str(row["limit_id"]), str(row["scope"])): float(str(row["relaxation"]))
        for row in refusal.conflicts
    }
    sets = [
        (
            [search.members[m] for m in found.members],
            {search.members[m].key: give for m, give in found.alone.items()},
        )
        for found in search.conflicts(given, say, search.plain(impossible(scenario)))
    ]
    rows = set_rows(scenario, sets, list(refusal.conflicts))
    return Infeasible(refusal.reason, str(refusal), rows)


def _finer(canonical: Canonical, by: float) -> Canonical:
    return replace(canonical, c=canonical.c * by)
