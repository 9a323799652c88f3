"""Scores of the reference implementation for given magnitudes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from edgelab.evaluation import bh_qvalues
from edgelab.inference import PairSpace, edge_table
from edgelab.inference.gsnn import CorrelationOptions
from edgelab.inference.gsnn._layer_correlations import correlation_scores
from edgelab.ops import PairStatistics

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "gsnn_magnitude.json").read_text())
CASES = [
    pytest.param(case, key, id=f"{case['id']}-{key.replace('/', '-')}")
    for case in GOLDEN["cases"]
    for key in case["evaluate"]
]
NAMES = [f"corr_a{layer}_g{layer + 1}" for layer in range(3)]


def table_of(case, key, q_family="all", **room):
    score, layer_agg = key.split("/")
    functions = tuple(GOLDEN["functions"])
    pairs = PairSpace(functions, functions, np.array(GOLDEN["edge_index"]), same_nodes=True)
    statistics = PairStatistics(**room)
    activation, gradient = (
        torch.tensor(case[f"{kind}_magnitude"]) for kind in ("activation", "gradient")
    )
    for rows in torch.arange(case["n"]).split(3):
        statistics.update(activation[:-1, rows], gradient[1:, rows])
    options = CorrelationOptions(layer_agg=layer_agg, score=score, ridge=1e-8)
    return edge_table(
        lambda targets: correlation_scores(statistics, pairs, options, NAMES, targets),
        pairs,
        q_family=q_family,
    ).sort_values(["src_idx", "dst_idx"])


def expected(case, key, column):
    return np.array(case["evaluate"][key][column], dtype=float)  # None becomes NaN


@pytest.mark.parametrize("room", [{}, {"max_sample_bytes": 0}, {"max_moment_bytes": 0}])
@pytest.mark.parametrize(("case", "key"), CASES)
def test_scores(case, key, room):
    table = table_of(case, key, **room)
    np.testing.assert_array_equal(table["src_idx"], expected(case, key, "src_idx"))
    np.testing.assert_allclose(table["score"], expected(case, key, "corr"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("case", "key"), CASES)
def test_p_and_q_values(case, key):
    table = table_of(case, key)
    p, q = expected(case, key, "p_value"), expected(case, key, "q_value")
    tested = table["score"].notna().to_numpy()
    if key.endswith("max"):
        # The reference forgets that the value was chosen among layer pairs; away from 1/2, that
        # makes p too small.
        assert (table["p_value"][tested & (p < 0.4)] >= p[tested & (p < 0.4)] * 0.999).all()
        return
    np.testing.assert_allclose(table["p_value"][tested], p[tested], rtol=1e-4, atol=1e-5)
    # The reference counts what it cannot test as p = 1, and so in the family.
    np.testing.assert_allclose(
        bh_qvalues(table["p_value"].fillna(1.0).to_numpy()), q, rtol=1e-4, atol=1e-5
    )
    if tested.all():
        np.testing.assert_allclose(table["q_value"], q, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("case", "key"), CASES)
def test_q_values_correct_over_candidates_only(case, key):
    table = table_of(case, key, q_family="candidates")
    candidate = ~table["has_edge"].to_numpy()
    assert table["q_value"][~candidate].isna().all()
    np.testing.assert_allclose(
        table["q_value"][candidate], bh_qvalues(table["p_value"][candidate].to_numpy())
    )
