"""Signs of edges: numbers and words become -1, 0 (unknown) or +1."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from edgelab.errors import GraphError, shorten
from edgelab.typing import Array, Int

_POSITIVE = """+1 1 1.0 + positive pos activate activates activated activation activating activator
stimulate stimulates stimulation induce induces induction increases promotes
upregulates up-regulates upregulation up-regulation up"""
_NEGATIVE = """-1 -1.0 - −1 − negative neg inhibit inhibits inhibited inhibition inhibiting
inhibitor repress represses repression suppresses suppression blocks decreases
downregulates down-regulates downregulation down-regulation down"""
# Words without a direction of effect, such as the relations of interaction databases.
_UNKNOWN = """0 0.0 ? . unknown unsigned undirected none na n/a nan pp pd
interacts interacts-with interaction regulates regulation binds binding"""

SIGN_WORDS: dict[str, int] = {
    "": 0,
    **dict.fromkeys(_POSITIVE.split(), 1),
    **dict.fromkeys(_NEGATIVE.split(), -1),
    **dict.fromkeys(_UNKNOWN.split(), 0),
}


def parse_signs(
    values: pd.Series, where: str, words: Mapping[str, int] | None = None
) -> Int[Array, " edges"]:
    """Numbers or words as -1, 0 (also for missing values) and 1; the caller's `words` win."""
    own_words = {word.strip().lower(): sign for word, sign in (words or {}).items()}
    known = SIGN_WORDS | own_words
    codes, distinct = pd.factorize(values)
    signs = [_sign(value, known) for value in distinct]
    unreadable = [value for value, sign in zip(distinct, signs, strict=True) if sign is None]
    if unreadable:
        raise GraphError(
            f"{where}: a sign must be -1, 0, 1 or a word such as 'activates' or 'inhibits', got "
            f"{shorten(unreadable)}. Correct these values (0 is unknown), rename the column if it "
            "holds something else, or read the file in Python with read_edges(path, "
            "signs={'word': 1}) to say what a word means."
        )
    # Missing values have code -1, which picks the appended 0.
    return np.array([*signs, 0], dtype=np.int8)[codes]


def _sign(value: object, words: Mapping[str, int]) -> int | None:
    if isinstance(value, str):
        return words.get(value.strip().lower())
    # True and False could mean +1 and -1 just as well as +1 and 0: refused.
    if isinstance(value, bool | np.bool_) or value not in {-1, 0, 1}:
        return None
    return int(value)
