"""The order of the samples is decided by what they hold."""

import dataclasses

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.datasets import Dataset, in_sample_order, take_samples
from edgelab.datasets._sample_order import canonical_rows


def toy(x, y, condition) -> Dataset:
    return Dataset(
        name="toy",
        source="by hand",
        edges=pd.DataFrame({"source": ["a"], "target": ["b"]}),
        input_edges=pd.DataFrame({"source": ["in10", "in2"], "target": ["a", "b"]}),
        output_edges=pd.DataFrame({"source": ["b"], "target": ["out"]}),
        x=pd.DataFrame(x, columns=["in10", "in2"], dtype=float),
        y=pd.DataFrame(y, columns=["out"], dtype=float),
        condition=pd.Series(condition, dtype="category"),
    )


def test_condition_first_then_inputs_in_natural_order_then_outputs():
    data = toy([[0, 1], [1, 0], [0, 0], [0, 0]], [[0], [0], [2], [1]], ["b", "a", "a", "a"])
    assert canonical_rows(data).tolist() == [3, 2, 1, 0]
    assert in_sample_order(data).condition.tolist() == ["a", "a", "a", "b"]


@settings(max_examples=25)
@given(st.permutations(range(6)))
def test_neither_the_order_of_rows_nor_of_columns_matters(order):
    rng = np.random.default_rng(0)
    data = toy(rng.integers(0, 2, (6, 2)), rng.integers(0, 2, (6, 1)), list("aabbab"))
    turned = take_samples(data, np.array(order))
    turned = dataclasses.replace(turned, x=turned.x[["in2", "in10"]])
    first, second = in_sample_order(data), in_sample_order(turned)
    assert first.x.equals(second.x[first.x.columns]) and first.y.equals(second.y)
    assert first.condition.tolist() == second.condition.tolist()
