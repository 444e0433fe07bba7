"""Who may face whom, on desks that a pencil can follow: central books, barred pairs, one side of an owner.

MM is long 100,000 of the ETF at 100, ARB short 60,000; 6 million cross, MM sells ten futures of 200,000.
"""

import csv
import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neutralizer.domain.asked import Asked
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.proof import prove
from neutralizer.report.files import parsed
from neutralizer.run import Options
from neutralizer.run import run as decide
from neutralizer.verify import verify
from tests.conftest import SCENARIOS, TORTURE
from tests.tools.command_line import neutralizer
from tests.tools.strategies import STEPS, Draft, Shape, written

YAML = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()
HOUSE = "{group_id: house, books: [ARB, MM]}"
THROUGH = "{group_id: house, books: [ARB, HUB, MM], via_book: HUB}"
MANDATES, MM_HOLDS = "  mandates:\n", "{book_id: MM, instrument_id: ETF, quantity: 100000}"
LIMITS, BOOKS = "  limits:\n", "  books:\n"
Change = tuple[str, str]


def row(before: str, text: str) -> Change:
    """One more row at the head of a table."""
    return before, f"{before}    - {text}\n"


def write(folder: Path, *changes: Change) -> Path:
    """two-desks with text replaced; `old` must be there once."""
    folder.mkdir(parents=True)
    text = YAML
    for old, new in changes:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    (folder / "scenario.yaml").write_text(text)
    return folder


def book(name: str, may: str = "none", account: str = "PB") -> tuple[Change, Change]:
    """One more book of the same owner, with its mandate."""
    return (
        row(BOOKS, f"{{book_id: {name}, entity: BD, account_id: {account}}}"),
        row(MANDATES, f'{{book_id: {name}, selector: "*", may: {may}}}'),
    )


def flat(name: str) -> Change:
    """A limit that takes a book to nothing in the ETF."""
    text = f'{{limit_id: {name}-flat, measure: position, scope: "book:{name}", target: ETF'
    return row(LIMITS, f"{text}, lower: 0, upper: 0}}")


def run(folder: Path) -> tuple[dict[str, Any], dict[str, list[dict[str, str]]]]:
    """The summary and the tables of a run that is proven again from its folder."""
    out = folder.parent / "run"
    done = neutralizer("run", folder, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    again = neutralizer("verify", out)
    assert again.returncode == 0, again.stderr
    return json.loads((out / "summary.json").read_text()), read(out)


def read(out: Path) -> dict[str, list[dict[str, str]]]:
    """The tables of a run's folder."""
    tables = {}
    for path in out.glob("*.csv"):
        with open(path, newline="") as file:
            tables[path.name] = list(csv.DictReader(file))
    return tables


def moved(tables: dict[str, list[dict[str, str]]]) -> list[tuple[str, ...]]:
    """What each transfer says."""
    columns = ("crossing_group", "instrument_id", "from_book", "to_book", "quantity")
    return sorted(tuple(r[c] for c in columns) for r in tables["internal_transfers.csv"])


def holdings(scenario: Scenario) -> set[tuple[str, str]]:
    h = scenario.holdings
    pairs = zip(h.book.tolist(), h.instrument.tolist(), strict=True)
    return {(scenario.books.ids[b], scenario.instruments.ids[i]) for b, i in pairs}


def faults(folder: Path, scenario: Scenario) -> str:
    """What the proof says of a run's files under another scenario."""
    files = {p.name: p.read_bytes() for p in (folder.parent / "run").iterdir() if p.is_file()}
    return " ".join(prove(scenario, parsed(files)))


# ---------------------------------------------------------------- a central book


def test_the_central_book_is_on_one_side_of_every_transfer(tmp_path: Path) -> None:
    """It holds nothing and may trade nothing: what comes in goes out."""
    plain, _ = run(write(tmp_path / "plain" / "s"))
    summary, tables = run(write(tmp_path / "via" / "s", *book("HUB"), (HOUSE, THROUGH)))
    assert moved(tables) == [
        ("house", "ETF", "HUB", "ARB", "60000"),
        ("house", "ETF", "MM", "HUB", "60000"),
    ]
    for name in ("objective", "plan_cost", "crossed_notional", "external_notional"):
        assert summary[name] == pytest.approx(plain[name], rel=1e-9), name
    assert not any(r["book_id"] == "HUB" for r in tables["positions_next.csv"])


def test_what_passes_through_serves_both_ends(tmp_path: Path) -> None:
    """Each half has the reasons of the transfer that it is half of, and leaves no residual."""
    _, plain = run(write(tmp_path / "plain" / "s"))
    _, tables = run(write(tmp_path / "via" / "s", *book("HUB"), (HOUSE, THROUGH)))

    def served(name: str, of: dict[str, list[dict[str, str]]]) -> list[tuple[str, float]]:
        rows = [r for r in of["reasons.csv"] if r["ticket_id"] == name]
        assert all(abs(float(r["residual_bps"])) < 1e-2 for r in rows)
        return [(r["limit_id"], round(float(r["share"]), 2)) for r in rows]

    (whole,) = (served(r["ticket_id"], plain) for r in plain["internal_transfers.csv"])
    halves = [served(r["ticket_id"], tables) for r in tables["internal_transfers.csv"]]
    assert halves == [whole, whole]
    assert whole


def test_its_own_change_is_part_of_the_netting(tmp_path: Path) -> None:
    """HUB is short 20,000 and has to be flat: MM gives 80,000, HUB keeps a quarter of them."""
    short = row("  positions:\n", "{book_id: HUB, instrument_id: ETF, quantity: -20000}")
    changes = (*book("HUB", "reduce"), short, flat("HUB"), (HOUSE, THROUGH))
    _, tables = run(write(tmp_path / "s", *changes))
    assert moved(tables) == [
        ("house", "ETF", "HUB", "ARB", "60000"),
        ("house", "ETF", "MM", "HUB", "80000"),
    ]


def test_fractions_pass_through_whole(tmp_path: Path) -> None:
    """MM gives 40,000.25, TWO 20,000.5, both to the end: ARB receives what both have below a share."""
    changes = (
        *book("HUB"),
        *book("TWO", "reduce"),
        (MM_HOLDS, MM_HOLDS.replace("100000", "40000.25")),
        row("  positions:\n", "{book_id: TWO, instrument_id: ETF, quantity: 20000.5}"),
        flat("MM"),
        flat("TWO"),
        (HOUSE, "{group_id: house, books: [ARB, HUB, MM, TWO], via_book: HUB}"),
    )
    _, tables = run(write(tmp_path / "s", *changes))
    assert moved(tables) == [
        ("house", "ETF", "HUB", "ARB", "60000.75"),
        ("house", "ETF", "MM", "HUB", "40000.25"),
        ("house", "ETF", "TWO", "HUB", "20000.5"),
    ]


def test_it_holds_what_it_may_have_to_pass_on_and_nothing_else(tmp_path: Path) -> None:
    """Only MM may trade the future, so that it never crosses."""
    plain = load(write(tmp_path / "plain", *book("HUB"))).scenario
    via = load(write(tmp_path / "via", *book("HUB"), (HOUSE, THROUGH))).scenario
    assert holdings(plain) == holdings(load(SCENARIOS / "two-desks").scenario)
    assert holdings(via) - holdings(plain) == {("HUB", "ETF")}
    h = next(k for k, b in enumerate(via.holdings.book) if via.books.ids[b] == "HUB")
    assert (via.holdings.low[h], via.holdings.high[h], via.may_change[h]) == (0, 0, False)


def test_a_transfer_between_neighbours_is_not_proven(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "s", *book("HUB"), (HOUSE, "{group_id: house, books: [ARB, HUB, MM]}")
    )
    _, tables = run(folder)
    assert moved(tables) == [("house", "ETF", "MM", "ARB", "60000")]
    via = load(write(tmp_path / "via", *book("HUB"), (HOUSE, THROUGH))).scenario
    assert "MM gives to ARB, and not through HUB, the central book of house" in faults(folder, via)


def test_a_run_without_central_books_keeps_its_id(tmp_path: Path) -> None:
    """A blank column of a later version says nothing."""
    blank = HOUSE.replace("}", ", via_book: ''}")
    first, second = write(tmp_path / "a"), write(tmp_path / "b", (HOUSE, blank))
    assert load(first).run_id(Asked()) == load(second).run_id(Asked())
    assert load(write(tmp_path / "c", (HOUSE, HOUSE.replace("}", ", via_book: MM}")))).run_id(
        Asked()
    ) != (load(first).run_id(Asked()))


BAD_CENTRES = {
    "not a member": (
        (*book("HUB"), (HOUSE, HOUSE.replace("}", ", via_book: HUB}"))),
        "tables.crossing_groups.0.via_book value='HUB' not one of the group's books; "
        "name one of them",
    ),
    "nearly a member": (
        ((HOUSE, HOUSE.replace("}", ", via_book: mm}")),),
        "tables.crossing_groups.0.via_book value='mm' not one of the group's books; "
        "name one of them; did you mean MM?",
    ),
    "may not cross": (
        (
            (HOUSE, HOUSE.replace("}", ", via_book: MM}")),
            (MANDATES, "  restricted: [{selector: ETF, book_id: MM, no_cross: yes}]\n" + MANDATES),
        ),
        "tables.restricted.0.no_cross value='yes' every crossing of house goes through MM; "
        "name another via_book, or leave the row out",
    ),
    "no margin where it passes": (
        (
            *book("HUB", account="CB"),
            row("  accounts:\n", "{account_id: CB, pool_id: USD}"),
            (
                "{instrument_id: ETF, long_rate",
                "{instrument_id: ETF, account_id: PB, long_rate",
            ),
            (HOUSE, THROUGH),
        ),
        "tables.books.0.book_id value='HUB' no margin rate for ETF in account CB; "
        "add a row to margin_rates, or use model none",
    ),
}


@pytest.mark.parametrize("name", BAD_CENTRES)
def test_central_books_that_make_no_sense_are_refused(tmp_path: Path, name: str) -> None:
    changes, reason = BAD_CENTRES[name]
    done = neutralizer("check", write(tmp_path / "s", *changes))
    assert done.returncode == 3
    assert reason in done.stderr


# ---------------------------------------------------------------- barred pairs

PAIR = (MANDATES, "  barriers: [{book_a: MM, book_b: ARB, description: research}]\n" + MANDATES)


def holds(name: str, quantity: int) -> Change:
    """A position in the ETF."""
    return row("  positions:\n", f"{{book_id: {name}, instrument_id: ETF, quantity: {quantity}}}")


def group(*books: str, via: str = "") -> Change:
    """The one crossing group."""
    named = f", via_book: {via}" if via else ""
    return HOUSE, f"{{group_id: house, books: [{', '.join(books)}]{named}}}"


def test_a_barred_pair_splits_its_group(tmp_path: Path) -> None:
    """ARB and TWO are the group, MM is a part of its own: it sells futures outside for itself."""
    three = (*book("TWO", "reduce"), holds("TWO", 60_000), flat("TWO"), group("MM", "ARB", "TWO"))
    summary, tables = run(write(tmp_path / "s", *three, PAIR))
    assert moved(tables) == [("house", "ETF", "TWO", "ARB", "60000")]
    assert {(r["crossing_group"], r["instrument_id"], r["side"]) for r in tables["hedges.csv"]} == {
        ("house.2", "FUT", "SELL")
    }
    (said,) = (x for x in summary["findings"] if "barriers" in x)
    assert "barriers split it into house (ARB, TWO), house.2 (MM); books cross within" in said


def test_the_pair_alone_does_not_cross(tmp_path: Path) -> None:
    _, tables = run(write(tmp_path / "s", PAIR))
    assert moved(tables) == []


def test_each_part_without_the_central_book_crosses_directly(tmp_path: Path) -> None:
    """HUB is in the first part, where it passes on; MM and TWO are the other."""
    books = [*book("HUB"), *book("TWO", "reduce"), *book("ZED", "reduce")]
    held = [holds("TWO", -60_000), holds("ZED", 60_000), flat("TWO"), flat("ZED")]
    house = group("ARB", "HUB", "MM", "TWO", "ZED", via="HUB")
    pairs = "[{book_a: MM, book_b: ARB}, {book_a: ARB, book_b: TWO}]"
    barred = (MANDATES, f"  barriers: {pairs}\n{MANDATES}")
    folder = write(tmp_path / "s", *books, *held, house, barred)
    _, tables = run(folder)
    assert moved(tables) == [
        ("house", "ETF", "HUB", "ARB", "60000"),
        ("house", "ETF", "ZED", "HUB", "60000"),
        ("house.2", "ETF", "MM", "TWO", "60000"),
    ]
    (warning,) = load(folder).warnings
    assert "house (ARB, HUB, ZED through HUB), house.2 (MM, TWO)" in str(warning)


def test_limits_on_the_group_mean_it_as_written(tmp_path: Path) -> None:
    limits = (
        row(LIMITS, '{limit_id: all-net, measure: net, scope: "group:house", upper: 1000000000}'),
        row(
            LIMITS, '{limit_id: all-out, measure: external, scope: "group:house", upper: 13500000}'
        ),
    )
    folder = write(tmp_path / "s", PAIR, *limits)
    _, tables = run(folder)
    said = {r["limit_id"]: r for r in tables["limits.csv"]}
    assert float(said["all-net"]["before"]) == 4_000_000
    ordered = sum(float(r["notional_base"]) for r in tables["hedges.csv"])
    assert float(said["all-out"]["after"]) == pytest.approx(ordered)
    assert {r["crossing_group"] for r in tables["hedges.csv"]} == {"house", "house.2"}
    whole = load(folder).scenario.limits
    assert {len(x.books) for x in whole if x.scope == "group:house"} == {2}


def test_transfers_of_a_barred_pair_are_not_proven(tmp_path: Path) -> None:
    direct = write(tmp_path / "direct" / "s")
    run(direct)
    barred = load(write(tmp_path / "barred", PAIR)).scenario
    assert ": ARB and MM may never cross with each other" in faults(direct, barred)
    through = write(tmp_path / "through" / "s", *book("HUB"), (HOUSE, THROUGH))
    run(through)
    barred = load(write(tmp_path / "both", *book("HUB"), (HOUSE, THROUGH), PAIR)).scenario
    found = faults(through, barred)
    assert "ARB and MM may never cross with each other, and both cross in house" in found


def pairs(*rows: str) -> Change:
    return MANDATES, f"  barriers: [{', '.join(rows)}]\n{MANDATES}"


BAD_PAIRS = {
    "unknown": (
        (pairs("{book_a: MM, book_b: ARBB}"),),
        "tables.barriers.0.book_b value='ARBB' no such book; add it to books or correct the id; "
        "did you mean ARB?",
    ),
    "itself": (
        (pairs("{book_a: MM, book_b: MM}"),),
        "tables.barriers.0.book_b value='MM' the same book twice; name two books",
    ),
    "twice": (
        (pairs("{book_a: MM, book_b: ARB}", "{book_a: MM, book_b: ARB}"),),
        "tables.barriers.1.book_a value='MM' duplicate key MM/ARB, first on line 25; "
        "keep one of them",
    ),
    "turned": (
        (pairs("{book_a: MM, book_b: ARB}", "{book_a: ARB, book_b: MM}"),),
        "tables.barriers.1.book_a value='ARB' duplicate pair ARB/MM, first on line 25; "
        "keep one of them",
    ),
    "part is a book": (
        (*book("house.2"), PAIR),
        "tables.crossing_groups.0.group_id value='house' barriers split it, and house.2 is a book "
        "already; rename one of them",
    ),
    "part is a group": (
        (
            *book("TWO"),
            (HOUSE, f"{HOUSE}\n    - {{group_id: house.2, books: [TWO]}}"),
            PAIR,
        ),
        "tables.crossing_groups.0.group_id value='house' barriers split it, and house.2 is a group "
        "already; rename one of them",
    ),
}


@pytest.mark.parametrize("name", BAD_PAIRS)
def test_barriers_that_make_no_sense_are_refused(tmp_path: Path, name: str) -> None:
    changes, reason = BAD_PAIRS[name]
    done = neutralizer("check", write(tmp_path / "s", *changes))
    assert done.returncode == 3
    errors = [x for x in done.stderr.splitlines() if x.startswith("ERROR")]
    assert len(errors) == 1
    assert reason in errors[0]


# ---------------------------------------------------------------- one side of an owner

DEAR = ("half_spread_bps: 0.5, commission_per_unit: 2", "half_spread_bps: 5")
ARB_MAY = '{book_id: ARB, selector: "asset_class:etf", may: trade}     # cash only: no futures'
ARB_MAY_ALL = (ARB_MAY, ARB_MAY.replace("asset_class:etf", "*"))
MM_CASH_ONLY = (
    '{book_id: MM, selector: "*", may: trade}',
    '{book_id: MM, selector: "asset_class:etf", may: trade}',
)


def ordered(tables: dict[str, list[dict[str, str]]]) -> list[tuple[str, ...]]:
    """Who receives what."""
    columns = ("book_id", "side", "instrument_id", "quantity")
    return sorted(tuple(r[c] for c in columns) for r in tables["hedge_allocations.csv"])


def test_the_smaller_side_is_held_at_nothing(tmp_path: Path) -> None:
    """The future is dear: ARB would buy 50,000 of the ETF, MM sell 80,000 of it. ARB takes the future."""
    summary, tables = run(write(tmp_path / "s", DEAR, ARB_MAY_ALL, PAIR))
    assert ordered(tables) == [
        ("ARB", "BUY", "FUT", "25"),
        ("MM", "SELL", "ETF", "40000"),
        ("MM", "SELL_SHORT", "ETF", "40000"),  # the owner has 40,000
    ]
    (said,) = (x for x in summary["findings"] if "outside at once" in x)
    assert "BD may not buy and sell ETF" in said
    assert (
        "held at nothing is the purchase of 50,000 for ARB; holding the sale instead costs" in said
    )


def test_the_other_side_where_the_smaller_is_needed(tmp_path: Path) -> None:
    """ARB may have no futures: it buys, and MM takes them."""
    summary, tables = run(write(tmp_path / "s", DEAR, PAIR))
    assert ordered(tables) == [("ARB", "BUY", "ETF", "50000"), ("MM", "SELL", "FUT", "40")]
    (said,) = (x for x in summary["findings"] if "outside at once" in x)
    assert said.endswith(
        "held at nothing is the sale of 80,000 for MM; without the purchase there is no plan"
    )


def test_where_both_sides_are_needed_there_is_no_plan(tmp_path: Path) -> None:
    folder, out = write(tmp_path / "s", MM_CASH_ONLY, PAIR), tmp_path / "run"
    done = neutralizer("run", folder, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 4
    assert (
        "ERROR BD may not buy and sell ETF outside at once: no plan was found without the purchase of "
        "50,000 for ARB, nor without the sale of 80,000 for MM"
    ) in done.stderr
    refused = json.loads((tmp_path / "run.refused" / "summary.json").read_text())
    assert refused["status"] == "both_sides"


TWO_OWNERS = (
    ("{book_id: ARB, entity: BD, account_id: PB", "{book_id: ARB, entity: FUND, account_id: FA"),
    row("  accounts:\n", "{account_id: FA, pool_id: USD}"),
    (HOUSE, "{group_id: house, books: [MM]}"),
)


def test_books_of_different_owners_are_not_concerned(tmp_path: Path) -> None:
    summary, tables = run(write(tmp_path / "s", MM_CASH_ONLY, *TWO_OWNERS))
    assert ordered(tables) == [("ARB", "BUY", "ETF", "50000"), ("MM", "SELL", "ETF", "80000")]
    assert not any("at once" in x for x in summary["findings"])


def test_an_owner_on_both_sides_is_not_proven(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", MM_CASH_ONLY, *TWO_OWNERS)
    run(folder)
    scenario = load(folder).scenario
    assert faults(folder, scenario) == ""
    joined = replace(scenario, books=replace(scenario.books, owner=("BD", "BD")))
    assert "BD buys and sells ETF outside at once" in faults(folder, joined)


# ---------------------------------------------------------------- drawn

DRAWN = 40 if TORTURE else 20


def drawn(seed: int) -> Draft:
    """A drawn scenario with central books and barred pairs."""
    rng = np.random.default_rng(seed)
    shape = Shape(
        seed, int(rng.integers(3, 6)), int(rng.integers(3, 7)), int(rng.integers(0, 2)),
        int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(1, 3)),
        int(rng.integers(3, 9)), "factors", "daily_fraction", "three_halves",
        bool(rng.random() < 0.5), False,
    )  # fmt: skip
    draft = Draft(shape, np.random.default_rng(seed))
    for step in STEPS:
        step(draft)
    for group in draft.rows("crossing_groups"):
        if draft.chance(0.7):
            group["via_book"] = draft.one_of(group["books"].split(";"))
    names = [r["book_id"] for r in draft.rows("books")]
    for pair in itertools.combinations(names, 2):
        if draft.chance(0.2):
            draft.add("barriers", book_a=pair[1], book_b=pair[0])
    return draft


def keeps_apart(draft: Draft, tables: dict[str, list[dict[str, str]]]) -> int:
    """Asserts on the files alone that barred pairs never meet; how many transfers face a central book
    that nobody is barred from, as all of its group's then must.
    """
    barred = [{r["book_a"], r["book_b"]} for r in draft.rows("barriers")]
    central = {
        r["group_id"]: r["via_book"]
        for r in draft.rows("crossing_groups")
        if "via_book" in r and not any(r["via_book"] in pair for pair in barred)
    }
    meeting: dict[str, set[str]] = {}
    through = 0
    for r in tables["internal_transfers.csv"]:
        ends = {r["from_book"], r["to_book"]}
        assert ends not in barred
        meeting.setdefault(r["crossing_group"], set()).update(ends)
        if r["crossing_group"] in central:  # barred from nobody, it is in the first part
            assert central[r["crossing_group"]] in ends
            through += 1
    assert not any(pair <= books for pair in barred for books in meeting.values())
    sides: dict[tuple[str, str], set[bool]] = {}
    owner = {r["book_id"]: r.get("beneficial_owner", r["entity"]) for r in draft.rows("books")}
    ordered = {r["ticket_id"]: r for r in tables["hedges.csv"]}
    for r in tables["hedge_allocations.csv"]:
        hedge = ordered[r["ticket_id"]]
        key = (owner[r["book_id"]], hedge["instrument_id"])
        sides.setdefault(key, set()).add(hedge["side"] == "BUY")
    assert all(len(both) == 1 for both in sides.values())
    return through


def test_what_is_published_of_drawn_scenarios_keeps_apart(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(DRAWN):
        draft, out = drawn(seed), tmp_path / f"run{seed}"
        folder = written(draft).write(tmp_path / f"s{seed}")
        try:
            summary = decide(folder, out, Options(baseline=False, report=False)).summary
        except Infeasible as refusal:
            seen[refusal.reason] += 1
            continue
        verify(out)
        seen["published"] += 1
        seen["held"] += any("held at nothing" in x for x in summary.findings)
        seen["through"] += keeps_apart(draft, read(out))
        seen["split"] += any("barriers split" in x for x in summary.findings)
    assert seen["published"] >= DRAWN // 2, seen
    assert min(seen[x] for x in ("held", "through", "split")) > DRAWN // 20, seen
