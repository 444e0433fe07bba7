"""Rows of limits.csv -> limits: a scope becomes its holdings, `book:*` one limit per book."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from neutralizer.domain.arrays import Bools, Floats, Ints
from neutralizer.domain.funding import Accounts, Pools, Shocks
from neutralizer.domain.scenario import Books, Holdings, Limit, Risk, Targets
from neutralizer.domain.wishes import wish_limits
from neutralizer.load.resolved.restrictions import borrow_limits
from neutralizer.load.resolved.rolls import roll_limits
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.shocks import tail, wanted
from neutralizer.load.written.inputs import Inputs
from neutralizer.terms.limits.facts import (
    FACTOR,
    INSTRUMENT,
    LEVEL,
    RISK_MODEL,
    SELECTOR,
    SHOCKS,
    TAIL_OF_SHOCKS,
)
from neutralizer.terms.limits.registry import REGISTRY

TAILS = (LEVEL, TAIL_OF_SHOCKS)
ABSENT = 1e15  # units of the measure: a bound farther out than this is none


def resolve_limits(
    inputs: Inputs,
    select: Selector,
    books: Books,
    holdings: Holdings,
    accounts: Accounts,
    pools: Pools,
    shocks: Shocks,
    models: Sequence[Risk],
    targets: Targets,
    lots: Floats,
) -> tuple[Limit, ...]:
    """One limit per row and scope, and those of what may be borrowed, is wanted or given up, sorted by id and
    scope. `lots`: (T,) units.
    """
    table = inputs["limits"]
    factors = models[0].factors
    found = list(borrow_limits(inputs, select, holdings, accounts))
    found += roll_limits(inputs, select, books, holdings, lots)
    must = np.flatnonzero(~targets.waits)
    found += wish_limits(targets, must, books, tuple(select.ids), holdings)
    scopes: dict[str, tuple[Bools, frozenset[int]]] = {}
    members_of = _members(books)
    for row in range(len(table)):
        measure, target = table["measure"][row], table["target"][row]
        named = REGISTRY[measure].TARGET
        lower, upper = bounds_of(float(table["lower"][row]), float(table["upper"][row]))
        for scope in expanded(table["scope"][row], list(books.ids)):
            if scope not in scopes:
                scopes[scope] = _scope(scope, members_of, holdings, accounts, pools)
            mask, members = scopes[scope]
            whole = np.flatnonzero(mask)
            if named in (SELECTOR, INSTRUMENT) and target:
                chosen = select(target)
                mask = mask & (False if chosen is None else chosen[holdings.instrument])
            found.append(
                Limit(
                    limit_id=table["limit_id"][row],
                    measure=measure,
                    scope=scope,
                    target=target,
                    lower=lower,
                    upper=upper,
                    improve=table["on_breach"][row] == "improve",
                    penalty=float(np.nan_to_num(table["penalty"][row])),
                    owner=table["owner"][row],
                    description=table["description"][row],
                    scope_holdings=whole,
                    holdings=np.flatnonzero(mask),
                    factor=factors.index(target) if named == FACTOR else -1,
                    level=tail(target)[1] if named in TAILS else 0.0,
                    shocks=_shocks(named, target, shocks),
                    models=_models(named, target, models),
                    books=members,
                    accounts=_accounts(scope, accounts, pools),
                    priority=float(table["priority"][row]),
                    soft="soft" if table["kind"][row] == "soft" else "",
                    to_a_lot=table["to_a_lot"][row] == "yes",
                )
            )
    return tuple(sorted(found, key=lambda limit: (limit.limit_id, limit.scope)))


def bounds_of(lower: float, upper: float) -> tuple[float, float]:
    """The bounds of a row, ±inf where one is blank or so far out that it bounds nothing."""
    return (lower if lower >= -ABSENT else -np.inf, upper if upper <= ABSENT else np.inf)


def _models(named: str, target: str, models: Sequence[Risk]) -> tuple[int, ...]:
    """The risk models under which a limit holds: the one that its target names, else each."""
    one = named == RISK_MODEL and target
    return tuple(k for k, model in enumerate(models) if not one or model.name == target)


def _shocks(named: str, target: str, shocks: Shocks) -> tuple[int, ...]:
    if named == SHOCKS:
        return wanted(target, shocks.ids, shocks.sets)
    tails = named == TAIL_OF_SHOCKS
    return wanted(tail(target)[0], shocks.ids, shocks.sets) if tails else ()


def expanded(scope: str, books: list[str]) -> Iterator[str]:
    """`book:*` is one scope per book; any other is itself."""
    yield from (f"book:{b}" for b in books) if scope == "book:*" else (scope,)


def _members(books: Books) -> dict[tuple[str, str], list[int]]:
    """The books of an entity, of a group and of itself; of the firm all of them."""
    found: dict[tuple[str, str], list[int]] = {("firm", ""): list(range(len(books.ids)))}
    kinds = {"entity": books.entity, "group": books.written, "book": books.ids}
    for kind, labels in kinds.items():
        for b, label in enumerate(labels):
            found.setdefault((kind, label), []).append(b)
    return found


def _scope(
    scope: str,
    members_of: Mapping[tuple[str, str], list[int]],
    holdings: Holdings,
    accounts: Accounts,
    pools: Pools,
) -> tuple[Bools, frozenset[int]]:
    kind, _, name = scope.partition(":")
    if kind in ("pool", "account"):
        wanted: Ints = np.array(_accounts(scope, accounts, pools), dtype=np.int64)
        return np.isin(holdings.account, wanted), frozenset()
    members = members_of.get((kind, name), [])
    inside = np.zeros(len(members_of["firm", ""]), dtype=bool)
    inside[members] = True
    return inside[holdings.book], frozenset(members)


def _accounts(scope: str, accounts: Accounts, pools: Pools) -> tuple[int, ...]:
    kind, _, name = scope.partition(":")
    if kind == "account":
        return (accounts.ids.index(name),)
    if kind == "pool":
        return tuple(np.flatnonzero(accounts.pool == pools.ids.index(name)).tolist())
    return ()
