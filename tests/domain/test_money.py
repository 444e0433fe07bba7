"""Money as written."""

from decimal import Decimal

import pytest

from neutralizer.domain.money import payable, rounded


@pytest.mark.parametrize(
    ("amount", "up", "written"),
    [
        (274407.14000000001, True, "274407.14"),  # the dust of a sum in another order
        (274407.13999999996, True, "274407.14"),
        (274407.1401, True, "274407.15"),
        (-0.001, False, "0.00"),
        (2.675, False, "2.68"),  # as it is written, not as a double holds it
        (Decimal("1.005"), False, "1.01"),
    ],
)
def test_rounding_to_cents(amount: float | Decimal, up: bool, written: str) -> None:
    assert str(rounded(amount, "USD", up)) == written


def test_a_currency_without_cents_keeps_two_decimals_and_is_paid_whole() -> None:
    assert str(rounded(1.2345, "JPY")) == "1.23"
    assert str(payable(1.2345, "JPY")) == "1"
    assert str(payable(1.2345, "JPY", up=True)) == "2"
    assert str(payable(1.2345, "USD")) == "1.23"
    assert str(rounded(1.2345, "KWD")) == "1.235"
