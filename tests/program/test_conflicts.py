"""Conflict sets are irreducible: checked on edited scenarios, by the program that lifts nothing itself."""

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from neutralizer.domain.orders import orders_of, with_groups
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.program.conflicts.conflict import as_held
from neutralizer.program.conflicts.irreducible import Conflict, Search
from neutralizer.program.conflicts.members import Member
from neutralizer.program.solve import relax, solve
from neutralizer.terms import limits
from tests.conftest import TORTURE
from tests.tools.drawn import COUNT, infeasible

MONEY = 100.0  # times the gross: a pool that is lifted


def lifted(s: Scenario, kept: Collection[Member]) -> Scenario:
    """The scenario with everything lifted that is not among the members."""
    keep: dict[str, set[int]] = {}
    for member in kept:
        keep.setdefault(member.kind, set()).add(member.index)
    names = {m.name for m in kept if m.kind == "barrier"}

    def inside(kind: str, size: int) -> np.ndarray:  # type: ignore[type-arg]
        return np.isin(np.arange(size), sorted(keep.get(kind, ())))

    h, t, pools, routes, accounts = s.holdings, s.tradables, s.pools, s.routes, s.accounts
    barred = inside("mandate", len(h.book))
    cap = np.where(inside("participation", len(t.ids)), t.cap, np.inf)
    spare = MONEY * s.gross_before / pools.fx
    poor = inside("pool", len(pools.ids))
    s = replace(
        s,
        limits=tuple(x for k, x in enumerate(s.limits) if k in keep.get("limit", ())),
        holdings=replace(
            h, low=np.where(barred, h.low, -np.inf), high=np.where(barred, h.high, np.inf)
        ),
        tradables=replace(t, cap=np.where(np.isnan(t.half_spread), 0.0, cap)),
        pools=replace(
            pools,
            cash=pools.cash + np.where(poor, 0.0, spare),
            borrow_limit=np.where(
                inside("borrowing", len(pools.ids)) | (pools.borrow_limit == 0),
                pools.borrow_limit,
                spare,
            ),
        ),
        routes=replace(
            routes,
            capacity=np.where(
                inside("route", len(routes.source)), routes.capacity, spare[routes.source]
            ),
        ),
        accounts=replace(
            accounts, multiplier=accounts.multiplier * inside("margin", len(accounts.ids))
        ),
    )
    everything = np.ones(len(h.book), dtype=bool)
    free = replace(s, orders=orders_of(s.books, s.holdings, s.tradables, everything))
    return with_groups(free, [g if g in names else "~open" for g in s.books.group])


@cache
def searched(k: int) -> tuple[Search, list[Conflict]]:
    """A drawn scenario's conflicts, searched once a process."""
    search = Search(infeasible()[k])
    return search, search.conflicts({}, lambda text: None)


@pytest.mark.parametrize("k", range(0, COUNT, 1 if TORTURE else 2))
def test_a_conflict_is_irreducible(k: int) -> None:
    """Keep all: certified relaxation above 1e-4 of scale; drop any member: below 1e-6."""
    held, (search, found) = infeasible()[k], searched(k)
    assert found
    for conflict in found:
        members = [search.members[m] for m in conflict.members]
        assert conflict.proven
        assert relax(lifted(held, members)).certificate.bound > 1e-4, members
        for member in members:
            without = relax(lifted(held, [m for m in members if m is not member]))
            assert without.certificate.cost < 1e-6, (member, members)


@pytest.mark.parametrize("k", range(0, COUNT, 3))
def test_what_each_must_give_alone_is_enough_and_needed(k: int) -> None:
    held, (search, (conflict, *_)) = infeasible()[k], searched(k)
    members = [search.members[m] for m in conflict.members]
    for m, give in conflict.alone.items():
        member = search.members[m]
        if member.kind != "limit":
            continue
        scale = limits.scales(held)[member.index]
        for share, enough in ((1.0 + 1e-3, True), (0.99, False)):
            rows = list(held.limits)
            x = rows[member.index]
            more = share * give + (1e-5 * scale if enough else 0.0)
            rows[member.index] = replace(x, lower=x.lower - more, upper=x.upper + more)
            given = relax(lifted(replace(held, limits=tuple(rows)), members))
            assert (given.certificate.cost < 1e-6) == enough, member.name


def test_the_refusal_of_the_jam_names_what_jams(shared: Path) -> None:
    scenario = load(shared / "jam-2021-03-19").scenario
    with pytest.raises(Infeasible):
        solve(scenario)
    search = Search(as_held(scenario))
    found = search.conflicts({}, lambda text: None)
    named = [{search.members[m].name for m in c.members} for c in found]
    assert named == [{"out-Z", "EQ:Z"}, {"out-TDOC", "EQ:TDOC"}]
