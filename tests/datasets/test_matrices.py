import numpy as np
import pandas as pd
import pytest

from edgelab.datasets._matrices import check_matrix
from edgelab.errors import DataError


@pytest.mark.parametrize("dtype", [bool, int, "float32"])
def test_any_numbers_and_any_order_will_do(dtype):
    check_matrix(
        pd.DataFrame({"b": [0, 1], "a": [1, 1]}).astype(dtype), ["a", "b", "a"], "x", "input"
    )


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        ("ab", [[1, np.inf]], "y has 1 NaN or infinite cells, first: row 0, column 'b'"),
        ("aa", [[1, 2]], "column twice: 'a'"),
        ("ac", [[1, 2]], "1 are, missing: 'b'; without an edge: 'c'"),
        ("ab", [["x", 2]], "text in the column.*'a'"),
    ],
)
def test_bad_matrices(columns, values, message):
    with pytest.raises(DataError, match=message):
        check_matrix(pd.DataFrame(values, columns=list(columns)), "ab", "y", "output")
