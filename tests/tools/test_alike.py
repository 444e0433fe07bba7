"""What is held elsewhere by what matters: near numbers are one, other words and other limits are not."""

import pytest

from tests.tools.alike import fits_nearly, near, same_words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cost 244.1k, alone 446.4k", "cost 244.0k, alone 446.4k", True),
        ("cost 244.1k, alone 446.4k", "cost 259.1k, alone 446.4k", False),
        ("TRF-20240627-5f4e22e44a OPEN 100", "TRF-20240627-1b44a356f5 OPEN 100", True),
        ("TRF-20240627-5f4e22e44a OPEN 100", "TRF-20240627-1b44a356f5 DONE 100", False),
        ("x,-39111320.6,1212.8", "x,-39111320.6,1076.7", True),
        ("headroom 1212.8", "headroom 1076.7", False),
    ],
)
def test_lines_are_one_where_their_words_are_and_nearly_their_numbers(
    one: str, other: str, same: bool
) -> None:
    assert same_words(one, other) is same


def test_most_lines_of_a_page_are_enough_and_few_are_not() -> None:
    shown = ["a 1", "b 2", "…", "c 3", "d 4", "e 5"]
    assert fits_nearly(shown, ["e 5", "d 4", "c 3", "b 2", "z 9"])
    assert not fits_nearly(shown, ["e 5", "d 4", "c 3"])


def test_none_is_near_itself_alone() -> None:
    assert near(None, None, 1e-4)
    assert not near(None, 1.0, 1e-4)
    assert not near(100.0, 102.0, 1e-2)
