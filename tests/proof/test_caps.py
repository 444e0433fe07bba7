"""The firm's caps: outside every scenario, checked last, never overridden."""

import json
import subprocess
from pathlib import Path

import pytest

from neutralizer.load.firm.caps import Caps
from neutralizer.load.scenario import load
from neutralizer.proof.caps import exceeded
from neutralizer.proof.files import Files
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer

CAPS = "currency: USD\nlargest_order: 2000000\nexternal_total: 2000000\nlargest_cash_transfer: 0\ntickets: 2\n"


def run(tmp_path: Path, caps: str, *words: object) -> subprocess.CompletedProcess[str]:
    """two-desks, whose one order is of 2 million and one transfer of 6, under caps."""
    (tmp_path / "caps.yaml").write_text(caps)
    out = ("--out", tmp_path / "run", "-q", "--no-baseline", *words)
    return neutralizer(
        "run", SCENARIOS / "two-desks", *out, NEUTRALIZER_CAPS=str(tmp_path / "caps.yaml")
    )


def test_what_is_within_the_caps_passes_and_the_manifest_knows_them(tmp_path: Path) -> None:
    assert run(tmp_path, CAPS).returncode == 0
    known = json.loads((tmp_path / "run" / "manifest.json").read_text())["settings"]["firm_caps"]
    assert len(known) == 64


BEYOND = {
    "order": (
        "largest_order: 2000000",
        "largest_order: 1999999.99",
        "is 2,000,000.00, the firm allows 1,999,999.99",
    ),
    "total": (
        "external_total: 2000000",
        "external_total: 1e6",
        "all orders together is 2,000,000.00",
    ),
    "tickets": ("tickets: 2", "tickets: 1", "2 tickets, the firm allows 1"),
    "forbidden": ("tickets: 2", "forbidden: [FUT]", "the firm forbids FUT"),
    "currency": (
        "currency: USD",
        "currency: EUR",
        "the firm's caps are in EUR, the scenario in USD",
    ),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_plan_beyond_a_cap_is_not_published(tmp_path: Path, name: str) -> None:
    old, new, reason = BEYOND[name]
    done = run(tmp_path, CAPS.replace(old, new))
    assert done.returncode == 6
    assert reason in done.stderr
    assert not (tmp_path / "run").exists()
    refused = json.loads((tmp_path / "run.refused" / "summary.json").read_text())
    assert reason in " ".join(refused["findings"])


def test_a_folder_beyond_the_caps_of_this_machine_does_not_verify(tmp_path: Path) -> None:
    assert run(tmp_path, CAPS).returncode == 0
    (tmp_path / "caps.yaml").write_text(CAPS.replace("tickets: 2", "tickets: 1"))
    assert (
        neutralizer(
            "verify", tmp_path / "run", NEUTRALIZER_CAPS=str(tmp_path / "caps.yaml")
        ).returncode
        == 6
    )


BROKEN = {
    "misspelt": (CAPS.replace("tickets", "tickts"), "caps.yaml:5 tickts"),
    "not a number": (CAPS.replace("tickets: 2", "tickets: two"), "caps.yaml:5 tickets"),
    "negative": (
        CAPS.replace("largest_order: 2000000", "largest_order: -1"),
        "caps.yaml:2 largest_order",
    ),
    "no currency": (CAPS.replace("currency: USD\n", ""), "currency"),
    "not YAML": ("a: [", "not YAML"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_caps_that_cannot_be_read_stop_every_run(tmp_path: Path, name: str) -> None:
    caps, reason = BROKEN[name]
    done = run(tmp_path, caps)
    assert done.returncode == 3
    assert reason in done.stderr
    assert not (tmp_path / "run").exists()


def test_caps_that_are_named_and_not_there_stop_every_run(tmp_path: Path) -> None:
    done = neutralizer(
        "run", SCENARIOS / "two-desks", "--dry-run", NEUTRALIZER_CAPS=str(tmp_path / "none.yaml")
    )
    assert done.returncode == 3
    assert "none.yaml cannot be read" in done.stderr


def found(caps: Caps, **rows: list[dict[str, str]]) -> list[str]:
    """What is said of written rows, file by file."""
    names = ("internal_transfers", "hedges", "hedge_allocations", "cash_transfers")
    files = Files({f"{name}.csv": rows.get(name, []) for name in names}, {})
    return list(exceeded(caps, load(SCENARIOS / "two-desks").scenario, files))


ORDER = {
    "ticket_id": "T1",
    "parent_order": "ORD-1",
    "notional_base": "0.00",  # not believed: 6 ETF at 100 are 600
    "instrument_id": "ETF",
    "quantity": "6",
}


def test_a_forbidden_leg_of_a_combination_is_found() -> None:
    """The ticket names another instrument, as of a spread; who receives its fill is told leg by leg."""
    leg = [{"ticket_id": "T1", "instrument_id": "LEG"}]
    caps = Caps(currency="USD", forbidden=("LEG",))
    assert found(caps, hedges=[ORDER], hedge_allocations=leg) == ["T1: the firm forbids LEG"]


def test_both_parts_of_a_split_sale_are_one_order() -> None:
    caps = Caps(currency="USD", largest_order=1000.0)
    said = found(caps, hedges=[ORDER, ORDER | {"ticket_id": "T2"}])
    assert said == ["order ORD-1 is 1,200.00, the firm allows 1,000.00"]
