"""Numbers as people read them: one rounding on the terminal and on the page."""

import pytest

from neutralizer.report import terminal, words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (999.4, "999"),
        (999.96, "1.00k"),
        (1_040, "1.04k"),
        (9_996, "10.0k"),
        (999_500, "999.5k"),
        (999_960, "1.00m"),
        (130_700_000, "130.7m"),
        (999_999_999, "1.00bn"),
        (-999_960, "-1.00m"),
        (-0.2, "0"),
    ],
)
def test_short(value: float, text: str) -> None:
    assert terminal.short(value) == text
    assert words.short(value) == text.replace("-", words.MINUS)


def test_nothing_is_a_dash() -> None:
    assert terminal.short(None) == "-"
