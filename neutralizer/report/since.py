"""What is other than in earlier runs: the one that this run was held against, and the journal's last."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import ValidationError

from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import Past, Since, Summary
from neutralizer.records.history import LAST
from neutralizer.records.manifest import SUMMARY
from neutralizer.records.writing import rows_of
from neutralizer.report.tables.state import bounds_as_written

Bounds = dict[tuple[str, str], tuple[str, str]]


def since(files: Mapping[str, bytes], scenario: Scenario) -> Since:
    """The figures of an earlier run, and which positions and bounds are others now."""
    told = Summary.read(files[SUMMARY])
    return Since(
        run_id=told.run_id,
        business_date=told.business_date,
        plan_cost=told.plan_cost,
        saving=told.saving,
        crossed_notional=told.crossed_notional,
        external_notional=told.external_notional,
        gross_before=told.gross_before,
        firm_volatility=told.firm_volatility.after,
        breaches=told.breaches.before,
        positions=_moved(files, scenario),
        limits=tuple(_bounds(files, scenario)),
    )


def past_runs(past: Sequence[Mapping[str, str]], name: str, run_id: str) -> tuple[Past, ...]:
    """The last twenty runs of a scenario that a journal tells of, without this one; what is no such line is
    left out: who may write a journal may write anything.
    """
    found = []
    for line in past:
        if line.get("name") == name and line.get("run_id") != run_id:
            try:
                found.append(Past.model_validate(line))
            except ValidationError:
                continue
    return tuple(found[-LAST:])


def _moved(files: Mapping[str, bytes], s: Scenario) -> int:
    """How many pairs of book and instrument hold another quantity before than they did then."""
    then = {
        (r["book_id"], r["instrument_id"]): decimal(r["quantity_before"])
        for r in rows_of(files, "positions_after.csv")
    }
    h = s.holdings
    now = {
        (s.books.ids[b], s.instruments.ids[i]): q
        for b, i, q in zip(h.book.tolist(), h.instrument.tolist(), h.exact, strict=True)
    }
    zero = Decimal(0)
    return sum(then.get(pair, zero) != now.get(pair, zero) for pair in then.keys() | now.keys())


def _bounds(files: Mapping[str, bytes], s: Scenario) -> list[str]:
    """A sentence for each limit that is new, gone or has other bounds; of targets none."""
    rows = rows_of(files, "limits.csv")
    then = {(r["limit_id"], r["scope"]): (r["lower"], r["upper"]) for r in rows}
    now = {(x.limit_id, x.scope): bounds_as_written(s, x) for x in s.limits if not x.wish}
    wishes = {(x.limit_id, x.scope) for x in s.limits if x.wish}
    found = []
    for key in sorted((then.keys() | now.keys()) - wishes):
        if key not in then:
            found.append(f"{key[0]} {key[1]} is new")
        elif key not in now:
            found.append(f"{key[0]} {key[1]} is gone")
        elif then[key] != now[key]:
            was, has = (" to ".join(x or "none" for x in ends) for ends in (then[key], now[key]))
            found.append(f"{key[0]} {key[1]} was {was}, is {has}")
    return found
