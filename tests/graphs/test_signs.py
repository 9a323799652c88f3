"""Words and numbers that are signs, and those that are not."""

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import GraphError
from edgelab.graphs._signs import SIGN_WORDS, parse_signs


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        ([1, -1, 0], [1, -1, 0]),
        ([1.0, -1.0, np.nan], [1, -1, 0]),
        (["Activates", " inhibits ", "pp", ""], [1, -1, 0, 0]),
        (["+", "-", "−1", "+1", "1.0"], [1, -1, -1, 1, 1]),
        (["repression", "stimulation", "unknown", None], [-1, 1, 0, 0]),
        ([], []),
    ],
)
def test_signs_by_hand(values, signs):
    parsed = parse_signs(pd.Series(values), "edges")
    assert parsed.tolist() == signs
    assert parsed.dtype == np.int8


def test_own_words_take_precedence():
    assert parse_signs(pd.Series(["Fires", "pp"]), "edges", {"fires": 1, "PP": -1}).tolist() == [
        1,
        -1,
    ]


def test_every_word_has_one_sign_in_lower_case():
    assert set(SIGN_WORDS.values()) == {-1, 0, 1}
    assert all(word == word.strip().lower() for word in SIGN_WORDS)


def test_unreadable_signs_are_listed():
    with pytest.raises(GraphError, match=r"prior\.sif.*'maybe'.*signs="):
        parse_signs(pd.Series(["activates", "maybe"]), "prior.sif")
