"""What was measured fills what instruments leave blank, and says how much it rests on."""

import numpy as np
import pytest

from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import Loaded, load
from neutralizer.load.written.memory import Memory
from tests.conftest import SCENARIOS

TEXT = (SCENARIOS / "two-desks" / "scenario.yaml").read_text()


def loaded(measured: str, *changes: tuple[str, str]) -> Loaded:
    """two-desks with a table `measured`."""
    text = TEXT.replace("  positions:\n", f"  measured:\n{measured}  positions:\n", 1)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return load(Memory({"scenario.yaml": text.encode()}, {}, ()))


ETF = "    - {instrument_id: ETF, volatility: 0.02, adv: 1000, half_spread_bps: 7, n_days: 500}\n"


def test_blanks_are_filled_and_nothing_else_is() -> None:
    found = loaded(ETF).scenario.tradables
    assert found.volatility.tolist()[0] == 0.02
    assert found.adv.tolist()[0] == 1000
    assert np.isnan(found.volatility[1])
    half = loaded(ETF).scenario.tradables.half_spread
    assert half == pytest.approx(loaded(ETF.replace("half_spread_bps: 7, ", "")).scenario.tradables.half_spread)  # fmt: skip


@pytest.mark.parametrize("own", ["half_spread_per_unit: 0.03", "bid: 99.97, ask: 100.03"])
def test_a_half_spread_in_another_form_stands(own: str) -> None:
    changes = (("half_spread_bps: 2, hedge", f"{own}, hedge"),)
    assert loaded(ETF, *changes).scenario.tradables.half_spread[0] == pytest.approx(0.03)


def test_a_blank_half_spread_is_the_measured_one() -> None:
    changes = (("half_spread_bps: 2, hedge", "hedge"),)
    assert loaded(ETF, *changes).scenario.tradables.half_spread[0] == pytest.approx(0.07)


def test_it_names_instruments_that_are_there() -> None:
    with pytest.raises(InputsRefused) as refused:
        loaded(ETF.replace("ETF", "EFT"))
    assert "no such instrument" in str(refused.value.issues[0])


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (500, None),
        (2, "hardly any returns: its risk is that of its like"),
        (20, None),  # of one factor
    ],
)
def test_few_days_are_said(days: int, said: str | None) -> None:
    found = [w.reason for w in loaded(ETF.replace("500", str(days))).warnings if w.column.endswith("n_days")]  # fmt: skip
    assert found == ([said] if said else [])


def test_fewer_days_than_twice_the_rows_of_a_covariance_are_said() -> None:
    names = [f"F{k}" for k in range(11)]
    rows = "".join(
        f"      - {{factor_id: {a}, {', '.join(f'{b}: {float(a == b)}' for b in names)}}}\n" for a in names
    )  # fmt: skip
    at = TEXT.index("    factors: [")
    block = TEXT[at : TEXT.index("  mandates:")]
    new = (
        f"    factors: [{', '.join(f'{{factor_id: {n}}}' for n in names)}]\n"
        "    loadings:\n      - {instrument_id: ETF, factor_id: F0, loading: 0.01}\n"
        "      - {instrument_id: FUT, factor_id: F0, loading: 0.01}\n"
        f"    factor_covariance:\n{rows}"
    )
    few, enough = (
        [
            w.reason
            for w in loaded(
                ETF.replace("500", str(days)), (block, new), ("target: MARKET", "target: F0")
            ).warnings
        ]
        for days in (21, 22)
    )
    assert any(r.startswith("21 days for 11 factors") for r in few)
    assert not any("days for" in r for r in enough)
