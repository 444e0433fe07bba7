"""What a limit costs, bound by bound: slopes, ends, reasons, two limits at once."""

from itertools import pairwise
from pathlib import Path

import pytest

import neutralizer as nz
from neutralizer.errors import InputsRefused
from neutralizer.report.frontier import Front, said
from neutralizer.studies.frontier import bound_of, frontier
from neutralizer.studies.many import Where
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

TWO = SCENARIOS / "two-desks"
GAP = 4e-5  # of the cost: what two certified answers may be apart together


def front(folder: Path, out: Path, *limits: str, points: int = 8) -> Front:
    s = nz.read(folder)
    bounds = [bound_of(s, name) for name in limits]
    return frontier(s, bounds, points, str(out), lambda *_: None)


def slopes_lie_between_neighbouring_prices(found: Front) -> int:
    seen = 0
    for (a, slope), b in zip(
        zip(found.points, found.slopes(), strict=False), found.points[1:], strict=True
    ):
        small = GAP * abs(a[1]) / (b[0] - a[0]) + 1e-12
        assert a[2] + small >= slope >= b[2] - small
        seen += slope > small
    return seen


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("two-desks", "firm-volatility"),
        ("equity-desks", "firm-volatility"),
        ("equity-desks", "ARB-market"),
        ("equity-desks", "FUND-net"),
        ("equity-desks", "MM2-market.upper"),
        ("rates", "book-kr05"),
        ("rates", "firm-stress"),
    ],
)
def test_slopes_lie_between_neighbouring_shadow_prices(
    tmp_path: Path, name: str, limit: str
) -> None:
    found = front(SCENARIOS / name, tmp_path / "out", limit)
    assert slopes_lie_between_neighbouring_prices(found) >= 3
    costs = [c for _, c, _ in found.points]
    assert all(a >= b - GAP * abs(a) for a, b in pairwise(costs))


def test_of_a_real_scenario(shared: Path, tmp_path: Path) -> None:
    found = front(shared / "macro-2016-11-11", tmp_path / "out", "EQV-vol", points=6)
    slopes_lie_between_neighbouring_prices(found)


def test_by_hand(tmp_path: Path) -> None:
    """A hundredth of exposure is volatility. Four millions are out, of which MM may keep two. 100 USD of the future
    cost 0.5 bps, a commission of 2 on 200,000 and a fee of 0.1 bps: 0.7 of a cent. While ARB may still be short, 100
    less are crossed for each 100 sold, which saves two fees of 0.1 bps: at 10,000 it is a million short, and may not be more.
    """
    found = front(TWO, tmp_path / "out", "firm-volatility")
    by_bound = {bound: (cost, price) for bound, cost, price in found.points}
    cost, price = by_bound[20_000]
    narrowest, dearest, last = found.points[0]
    assert (price, last) == pytest.approx((0.005, 0.007), rel=1e-4)
    more = 0.005 * 10_000 + 0.007 * (10_000 - narrowest)
    assert dearest == pytest.approx(cost + more, rel=1e-4)
    assert cost == pytest.approx(nz.solve(nz.read(TWO), report=False).summary.objective, abs=0.01)


def test_below_the_narrowest_bound_it_says_why_not(tmp_path: Path) -> None:
    """FUND may not fall below a position of its own, which has volatility."""
    folder = tmp_path / "in"
    folder.mkdir()
    text = (TWO / "scenario.yaml").read_text()
    kept = (
        '    - {limit_id: kept, measure: position, scope: "book:MM", target: ETF, lower: 15000}\n'
    )
    cash = '{book_id: MM, selector: "*", may: trade}'
    assert cash in text
    text = text.replace("  limits:\n", "  limits:\n" + kept)
    text = text.replace(cash, "{book_id: MM, selector: ETF, may: trade}")
    text = text.replace("scope: firm, upper: 20000", 'scope: "book:MM", upper: 20000')
    (folder / "scenario.yaml").write_text(text)
    found = front(folder, tmp_path / "out", "firm-volatility")
    assert found.rows[0]["status"] == "no plan"
    assert "firm-volatility" in found.rows[0]["why_not"]
    assert "kept" in found.rows[0]["why_not"]
    assert found.points[0][0] == pytest.approx(15_000, rel=2e-3)
    assert any("from 15,005 on there is a plan" in x for x in said(found))
    page = (tmp_path / "out" / "frontier.html").read_text()
    assert "cannot be kept together" in page


def test_two_limits_and_processes_of_this_machine(tmp_path: Path) -> None:
    limits = ("firm-volatility", "MM-market.upper")
    found = front(TWO, tmp_path / "a", *limits, points=3)
    words = [w for name in limits for w in ("--limit", name)]
    done = neutralizer(
        "frontier", TWO, *words, "--points", 3, "--out", tmp_path / "b", "--workers", 2
    )
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for name in ("cases.csv", "frontier.html", "study.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    cost = {
        tuple(float(r[n]) for n in found.names): float(r["cost"]) for r in found.rows if r["cost"]
    }
    (none,) = (r for r in found.rows if not r["cost"])  # MM two millions short, and ARB one long
    assert [float(none[n]) for n in found.names] == [30, -1_995_000]
    assert (none["status"], len(cost)) == ("no plan", 8)
    for (a, b), c in cost.items():
        wider = [other for (x, y), other in cost.items() if x >= a and y >= b]
        assert c >= max(wider) - GAP * c


def test_what_is_no_frontier_is_refused(tmp_path: Path) -> None:
    s = nz.read(TWO)
    for text, reason in (
        ("firm-volatilty", "did you mean firm-volatility"),
        ("firm-volatility.lower", "no lower bound"),
    ):
        with pytest.raises(InputsRefused) as refused:
            bound_of(s, text)
        assert reason in str(refused.value.issues[0])
    soft = s.with_limit("firm-volatility", kind="soft", penalty=1)
    with pytest.raises(InputsRefused) as refused:
        bound_of(soft, "firm-volatility")
    assert "it gives" in str(refused.value.issues[0])
    out = ("--out", tmp_path / "out")
    thrice = [w for n in ("a", "b", "c") for w in ("--limit", n)]
    assert neutralizer("frontier", TWO, *thrice, *out).returncode == 2
    assert not (tmp_path / "out").exists()


def test_where_nothing_helps_it_is_refused(tmp_path: Path) -> None:
    """The pool is short whatever the limit."""
    words = ("--limit", "firm-volatility", "--out", tmp_path / "out")
    text = (TWO / "scenario.yaml").read_text().replace("minimum_balance: 1000000", "minimum_balance: 90000000")  # fmt: skip
    (tmp_path / "scenario.yaml").write_text(text)
    done = neutralizer("frontier", tmp_path, *words)
    assert done.returncode == 4
    assert "pool" in done.stderr
    assert Where().workers == 1
