"""report.html: the same bytes each time, nothing unescaped, the numbers of the files, fit for a phone."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from neutralizer.records.writing import csv_bytes, json_bytes
from neutralizer.report.page import render
from tests.conftest import ROOT

HOSTILE = "<script>alert(1)</script>\"'>&<img src=x onerror=alert(2)> $x_{1}$ {{7*7}} 東京"
TERMS = {"half_spread": 900.25, "market_impact": 2500.5, "booking_fee": 99.25}
LIMIT = "limit_id scope measure target before after_transfers after lower upper headroom utilisation status binding shadow_price relaxed_by owner"
TRANSFER = "ticket_id release_phase instrument_id isin from_book to_book from_account to_account quantity price price_rule currency booking settle_date notional_base"
HEDGE = "ticket_id release_phase crossing_group instrument_id isin side quantity reference_price currency notional_base share_of_adv half_spread_cost impact_cost commission_tax_cost"
CASH = (
    "ticket_id from_pool to_pool currency amount fee received received_currency value_date purpose "
    "release_phase"
)
POOL = "pool_id currency balance_before received sent outflow borrowed balance_after margin_before margin_after minimum_balance headroom execution_cost"
CAPITAL = "instrument_id asset_class factor_id role notional_before notional_after exposure_before exposure_after carry_before carry_after margin_before margin_after cash_change"


def table(columns: str, *rows: str | Sequence[str]) -> bytes:
    """A table of rows given as text between bars, or cell by cell."""
    names = columns.split()
    cells = [row.split("|") if isinstance(row, str) else row for row in rows]
    return csv_bytes(names, [dict(zip(names, row, strict=True)) for row in cells])


def summary(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "run_id": "0123456789ab",
        "name": "sample",
        "as_of": "2024-06-28T16:00:00-04:00",
        "business_date": "2024-06-28",
        "base_currency": "USD",
        "status": "optimal",
        "relaxed": {},
        "objective": 3490.12,
        "plan_cost": 3500.0,
        "costs": TERMS,
        "stand_alone_cost": 8000.0,
        "saving": 4509.88,
        "equal_risk_cost": 4000.0,
        "saving_equal_risk": 4000.0,
        "by_hand": {
            "cost": 9500.0,
            "orders": 3,
            "external_notional": 8e6,
            "breaches_before": 3,
            "breaches_after": 2,
            "description": "one by one",
        },
        "impact_strip": [
            {"impact_coefficient": 0.3, "stand_alone_cost": 10.0, "objective": 4.0, "saving": 6.0},
            {"impact_coefficient": 1, "stand_alone_cost": None, "objective": 9.0, "saving": None},
        ],
        "firm_volatility": {"before": 90000.0, "after_transfers": 90000.0, "after": 40000.0},
        "crossed_notional": 6e6,
        "external_notional": 2e6,
        "lines": {"transfers": 1, "orders": 1, "cash_transfers": 1},
        "breaches": {"before": 3, "after_transfers": 2, "after": 0},
        "solver": {"name": "clarabel", "gap": 1e-9, "iterations": 12},
        "findings": ["the one thing to know"],
        "data_ages": {"positions": "1:00:00 old, 1 day allowed"},
    }
    return found | changes


def sample(orders: int = 1, word: str = "", **changes: Any) -> dict[str, bytes]:
    """A small run's files, each name with `word` in it."""
    a, b, x = f"BOOK-A{word}", f"BOOK-B{word}", f"ETF{word}"
    transfers = [
        (f"TRF-{k}{word}", "1", x, "", a, b, "ACC1", "ACC2", "500", "20.5", "MID", "USD", "INTERBOOK", "", "10250.00")
        for k in range(orders)
    ]  # fmt: skip
    hedges = [
        (f"HDG-{k}{word}", "2", "house", x, "", "SELL", "1200", "20.5", "USD", f"{24600 + k}.00", "0.01", "1", "2", "3")
        for k in range(orders)
    ]  # fmt: skip
    return {
        "summary.json": json_bytes(summary(**({"name": f"sample{word}"} | changes))),
        "limits.csv": table(
            LIMIT,
            (f"mkt{word}", f"book:{a}", "factor_exposure", f"F1{word}", *"9000 -80 999.5 -1000 1000 0.5 0.9995 OK yes 0.25".split(), "", f"risk{word}"),
            ("gross", "firm", "gross", "", "900", "800", "700", "", "1000", "300", "0.7", "OK", "no", "0", "", ""),
            ("flat", "firm", "position", x, "90", "80", "0", "0", "0", "0", "", "OK", "yes", "2", "", ""),
        ),
        "risk.csv": table(
            "factor_id unit exposure_before exposure_after_transfers exposure_after variance_before variance_after",
            (f"F1{word}", "USD", "9000", "8000", "999", "8000000000", "-100000000"),
            ("specific", "", "", "", "", "100000000", "1700000000"),
        ),
        "books.csv": table(
            "book_id cost_alone cost_together difference worse_off compensation",
            (a, "7000.00", "2300.00", "-4700.00", "no", "-200.00"),
            (b, "1000.00", "1200.00", "200.00", "yes", "200.00"),
        ),
        "internal_transfers.csv": table(TRANSFER, *transfers),
        "hedges.csv": table(HEDGE, *hedges),
        "reasons.csv": table(
            "ticket_id limit_id scope share",
            (f"HDG-0{word}", "gross", "firm", "0.2"),
            (f"HDG-0{word}", f"mkt{word}", f"book:{a}", "0.8"),
        ),
        "cash_transfers.csv": table(CASH, (f"CSH{word}", f"NY{word}", "LN", "USD", "10.00", "0.10", "9.90", "USD", "2024-06-28", f"margin{word}", "1")),
        "pools.csv": table(POOL, (f"NY{word}", "USD", *"100 0 10 5 0 85 20 30 5 50 1".split())),
        "margin_movements.csv": table(
            "account_id pool_id currency model margin_before margin_after_transfers margin_after change",
            (f"ACC1{word}", f"NY{word}", "USD", "rate", "20", "25", "30", "10"),
        ),
        "capital.csv": table(
            CAPITAL,
            (f"FUT{word}", "future", f"F1{word}", "taken_up", *"0 2000 0 2000 0 0 0 100 0".split()),
            (x, "etf", f"F1{word}", "given_up", *"5000 3000 5000 3000 9 4 500 300 2000".split()),
        ),
        "shadow_prices.csv": table(
            "kind name book_id instrument_id unit shadow_price", (f"pool|NY{word}|||USD|0.0071").split("|")
        ),
        "inputs/scenario.yaml": b"format: 1\n",
        "inputs/books.csv": b"book_id\r\nA\r\nB\r\n",
    }  # fmt: skip


class Page(HTMLParser):
    """Tags in order, words, and what carries a data-key."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.keyed: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self._key: str | None = None
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self._key = found.get("data-key")
        if self._key and found.get("value"):
            self.values[self._key] = found["value"] or ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._key:
            self.keyed[self._key] = data.strip()
            self._key = None

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page() -> bytes:
    return render(sample())


def in_fresh_process(folder: Path, files: dict[str, bytes], **environment: str) -> bytes:
    """The page as another interpreter writes it, with nothing but these variables."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code = (
        "import sys; from pathlib import Path; from neutralizer.records.folder import read_folder;"
        "from neutralizer.report.page import render;"
        "sys.stdout.buffer.write(render(read_folder(Path(sys.argv[1]))))"
    )
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=plain | environment,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout


def test_the_same_files_give_the_same_bytes(page: bytes, tmp_path: Path) -> None:
    assert render(sample()) == page
    home = tmp_path / "home"
    home.mkdir()
    assert in_fresh_process(tmp_path / "run", sample(), HOME=str(home)) == page
    assert not list(home.iterdir()), "nothing is written into the home folder"
    assert in_fresh_process(tmp_path / "again", sample()) == page, "without a home"


def test_what_was_set_for_drawing_is_undone(page: bytes) -> None:
    import logging

    import matplotlib

    level = logging.getLogger("matplotlib").level
    before, variables = dict(matplotlib.rcParams), dict(os.environ)
    render(sample())
    assert dict(matplotlib.rcParams) == before
    assert dict(os.environ) == variables
    assert logging.getLogger("matplotlib").level == level


def test_words_of_users_stay_words() -> None:
    found = render(sample(word=HOSTILE, findings=[HOSTILE], relaxed={"limits": [HOSTILE]}))
    page = Page(found)
    assert not {"script", "img", "iframe", "object"} & set(page.tags)
    assert "{{7*7}}" in page.text
    assert "東京" in page.text
    assert "<script>alert(1)</script>" in page.text  # shown, not run


def test_nothing_is_fetched_and_nothing_runs(page: bytes) -> None:
    text = page.decode()
    assert "default-src 'none'" in text
    assert "script" not in Page(page).tags
    assert not re.search(r"(?:src|action|@import|href)\s*=?\s*[\"']?(?:https?:)?//", text)
    assert not re.search(r"url\((?!#)", text)


def test_every_picture_has_its_words_and_its_table(page: bytes) -> None:
    found = Page(page)
    order = [t for t in found.tags if t in ("svg", "table")]
    assert order.count("svg") == 5
    for this, following in zip(order, [*order[1:], "end"], strict=True):
        assert this != "svg" or following == "table"
    assert page.count(b'role="img" aria-label="') == 5
    assert len(found.ids) == len(set(found.ids))


def test_the_numbers_are_the_summary_s(page: bytes) -> None:
    found, told = Page(page), summary()
    for key in ("plan_cost", "saving_equal_risk", "saving"):
        assert float(found.values[key]) == told[key]
    for key in ("run_id", "name", "as_of", "business_date"):
        assert found.keyed[key] == told[key]
    for key in ("stand_alone_cost", "equal_risk_cost", "objective"):
        assert found.keyed[key] == f"{told[key]:,.2f}"
    for term, amount in TERMS.items():
        assert found.keyed[f"costs.{term}"] == f"{amount:,.2f}"
    assert found.keyed["by_hand.cost"] == "9,500.00"
    assert found.keyed["breaches.after"] == "3 → 2 → 0"
    assert float(found.values["crossed_share"]) == 0.75
    assert float(found.values["firm_volatility.after"]) == 40000
    assert found.text.index("Saved at equal firm risk") < found.text.index(
        "Saved, risk as it falls"
    )


def test_each_section_says_its_piece(page: bytes) -> None:
    text = Page(page).text
    for words in (
        "BOOK-B is WORSE OFF: it pays 200.00 USD more",
        "2.00k of ETF given up for 2.00k of FUT taken up",
        "exactly 0",
        "0.25 per 1 F1",
        "7.10 per 1,000 USD",
        "mkt book:BOOK-A 80 %",
        "The one thing to know",
        "neutralizer verify DIR",
        "books.csv 2 ",
    ):
        assert words in text.replace("\u00a0", " ").replace("\u202f", " "), words


def test_what_is_absent_leaves_no_trace() -> None:
    bare = {k: summary()[k] for k in ("run_id", "name", "as_of", "business_date", "base_currency")}
    found = Page(render({"summary.json": json_bytes(bare | {"plan_cost": 1.0, "objective": 1.0})}))
    assert {"cost", "notes"} <= set(found.ids)
    assert not {"limits", "risk", "books", "crossings", "capital", "funding"} & set(found.ids)
    assert "saving" not in found.values


@pytest.mark.parametrize(
    ("status", "relaxed"),
    [("BREACH", {}), ("IMPROVED", {"best_effort": True, "relax": None, "limits": ["gross firm"]})],
)
def test_a_limit_that_is_not_kept_cannot_be_missed(status: str, relaxed: dict[str, Any]) -> None:
    files = sample(relaxed=relaxed)
    row = "gross|firm|gross||900|1300|1200||1000|-200|1.2|" + status + "|no|0||treasury"
    files["limits.csv"] = table(LIMIT, row)
    text = Page(render(files)).text
    banner = text[text.index("This plan does NOT keep every limit") :]
    assert "gross (firm, gross) 900 1,200 1,000 200 treasury" in banner
    assert text.index("This plan does NOT") < text.index("Cost of the plan")
    assert "NOT keep" not in Page(render(sample())).text


def test_500_orders_stay_small_and_quick(tmp_path: Path) -> None:
    files = sample(orders=600)
    started = time.perf_counter()
    sum(k * k for k in range(1_000_000))
    slowness = max(1.0, (time.perf_counter() - started) / 0.1)  # of this machine, now
    taken = []
    for attempt in ("one", "two"):
        started = time.perf_counter()
        found = in_fresh_process(tmp_path / attempt, files)
        taken.append(time.perf_counter() - started)
    assert len(found) < 1_000_000
    assert min(taken) < 3 * slowness
    assert "and 100 more in hedges.csv" in Page(found).text
    assert found.count(b"HDG-") == 500


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)  # fmt: skip


def browse(page: Path) -> tuple[str, str]:
    """(the page as the browser holds it, what it says on its console)."""
    words = [
        *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={page.parent / 'profile'}", "--window-size=1600,900", "--v=0"),
        *("--dump-dom", page.as_uri()),
    ]
    done = subprocess.run(words, capture_output=True, timeout=120, check=True)
    lines = done.stderr.decode(errors="replace").splitlines()
    return done.stdout.decode(), "\n".join(line for line in lines if "CONSOLE" in line)


@pytest.mark.skipif(CHROMIUM is None, reason="no browser here")
def test_a_browser_opens_it_without_complaint(page: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(page)
    held, console = browse(path)
    assert console == ""
    assert held.count("<svg") == 5


@pytest.mark.skipif(CHROMIUM is None, reason="no browser here")
@pytest.mark.parametrize("width", [320, 400, 800, 1400])
def test_it_fits_its_window(width: int, tmp_path: Path) -> None:
    """Seen through a frame, for a browser's own window has a least width."""
    found = render(sample(orders=40, word="-with-a-long-name-" + 60 * "x")).decode()
    inside = escape(re.sub(r"<meta http-equiv[^>]*>", "", found))
    measure = "document.title = frames[0].innerWidth + ' ' + frames[0].document.documentElement.scrollWidth"
    frame = f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{inside}"></iframe>'
    path = tmp_path / "frame.html"
    path.write_text(f'<title></title><body onload="{measure}">{frame}</body>')
    told = re.search(r"<title>(\d+) (\d+)</title>", browse(path)[0])
    assert told is not None
    inner, wide = int(told[1]), int(told[2])
    assert width - 20 <= inner <= width
    assert wide <= inner
