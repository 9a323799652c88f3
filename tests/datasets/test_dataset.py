from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset
from edgelab.errors import DataError


def make(**changes):
    fields = {
        "name": "toy",
        "source": "by hand",
        "edges": pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"]}),
        "input_edges": pd.DataFrame({"source": ["drug", "drug"], "target": ["a", "d"]}),
        "output_edges": pd.DataFrame({"source": ["b", "c"], "target": ["p", "q"]}),
        "x": pd.DataFrame({"drug": [0.0, 1.0, 1.0]}),
        "y": pd.DataFrame({"q": [1.0, 2.0, 3.0], "p": [0.0, 1.0, 2.0]}),
        "condition": pd.Series(["none", "drug", "drug"], dtype="category"),
    }
    return Dataset(**(fields | changes))


def test_names_come_from_the_tables_and_the_matrices():
    data = make()
    assert data.functions == ("a", "b", "c", "d")
    assert data.inputs == ["drug"] and data.outputs == ["q", "p"] and data.n_samples == 3


def test_isolated_functions_survive_a_change_of_edges():
    data = make(functions=("z", "d", "c", "b", "a"))
    fewer = replace(data, edges=data.edges.iloc[:1])
    assert fewer.functions == ("z", "d", "c", "b", "a") and len(data.edges) == 2


def test_it_is_frozen():
    with pytest.raises(FrozenInstanceError):
        make().name = "other"


BAD = {
    "columns": ({"edges": pd.DataFrame({"from": ["a"], "to": ["b"]})}, "edges: .*'source'.*'from'"),
    "duplicate edge": (
        {"edges": pd.DataFrame({"source": ["a", "a"], "target": ["b", "b"]})},
        "more than once",
    ),
    "sign": ({"edges": pd.DataFrame({"source": ["a"], "target": ["b"], "sign": [5]})}, "sign"),
    "missing input": (
        {"x": pd.DataFrame({"other": [0.0, 1.0, 1.0]})},
        "0 are, missing: 'drug'; without an edge: 'other'",
    ),
    "extra output": (
        {"y": pd.DataFrame(np.ones((3, 3)), columns=["p", "q", "r"])},
        "2 are.*without an edge: 'r'",
    ),
    "twice": (
        {"y": pd.DataFrame(np.ones((3, 3)), columns=["p", "q", "q"])},
        "y: 1 column names occur more than once: 'q'",
    ),
    "NaN": (
        {"x": pd.DataFrame({"drug": [0.0, np.nan, 1.0]})},
        "1 values are missing.*sample 1, column 'drug'",
    ),
    "infinite": ({"x": pd.DataFrame({"drug": [0.0, 1.0, np.inf]})}, "inf in sample 2"),
    "text": ({"x": pd.DataFrame({"drug": ["low", "high", "high"]})}, "not numeric: 'drug' .*'low'"),
    "samples": ({"x": pd.DataFrame({"drug": [0.0, 1.0]})}, "x has 2 samples, y 3 and condition 3"),
    "condition": ({"condition": pd.Series(["none", None, "drug"])}, "missing for 1"),
    "measured samples": (
        {"measured": pd.DataFrame({"q": [True], "p": [True]})},
        "measured has 1 samples.*y 3",
    ),
    "measured columns": ({"measured": pd.DataFrame({"p": [True] * 3})}, "columns 'p'"),
    "measured words": (
        {"measured": pd.DataFrame({"q": [1, 0, 1], "p": [1, 1, 1]})},
        "booleans only, got 'int64'",
    ),
    "never measured": (
        {"measured": pd.DataFrame({"q": [True] * 3, "p": [False] * 3})},
        "never measured: 'p'",
    ),
    "functions": ({"functions": ("a", "b")}, "2 functions .*'c', 'd'"),
    "repeated function": ({"functions": ("a", "b", "c", "d", "a")}, "more than once"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data(case):
    changes, message = BAD[case]
    with pytest.raises(DataError, match=message):
        make(**changes)
