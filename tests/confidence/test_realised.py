"""Realised proportions: truth against networkx, intervals against statsmodels, checks by hand."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path
from statsmodels.stats.proportion import proportion_confint

from edgelab.confidence import LevelCheck, check_levels, realised_proportions, true_pairs
from edgelab.confidence import _realised
from edgelab.confidence._realised import binomial_interval
from edgelab.errors import ConfigError

edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15, unique=True)


@given(edges)
def test_total_is_reachability(listed):
    index = np.array(listed, dtype=int).reshape(-1, 2).T
    graph = nx.DiGraph(listed)
    graph.add_nodes_from(range(7))
    expected = np.array([[j in nx.descendants(graph, i) for j in range(7)] for i in range(7)])
    np.testing.assert_array_equal(true_pairs(index, 7, "total"), expected)


@given(edges)
def test_direct_is_adjacency_without_loops(listed):
    index = np.array(listed, dtype=int).reshape(-1, 2).T
    found = true_pairs(index, 7, "direct")
    assert {(i, j) for i, j in np.argwhere(found)} == {(i, j) for i, j in listed if i != j}
    assert not (found & ~true_pairs(index, 7, "total")).any()


def test_an_unknown_estimand_is_refused():
    with pytest.raises(ConfigError, match="'total', 'direct'"):
        true_pairs(np.zeros((2, 0), dtype=int), 3, "causal")


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (3, 10), (10, 10), (1, 1)])
def test_interval_is_that_of_statsmodels(hits, trials):
    assert binomial_interval(hits, trials) == pytest.approx(
        proportion_confint(hits, trials, method="beta")
    )


def test_proportions_by_hand():
    q_value, is_true = (
        np.array([0.01, 0.04, 0.08, np.nan, 0.3]),
        np.array([True, True, False, True, False]),
    )
    found = realised_proportions(q_value, is_true, [0.001, 0.05, 0.1])
    assert found["n_called"].tolist() == [0, 2, 3]
    assert found["realised"].tolist() == [0.0, 0.0, pytest.approx(1 / 3)]
    assert found["power"].tolist() == [0.0, pytest.approx(2 / 3), pytest.approx(2 / 3)]
    assert np.isnan(found["low"].iloc[0])


def test_without_true_pairs_power_is_unknown():
    assert np.isnan(realised_proportions(np.array([0.01]), np.array([False]))["power"]).all()


def test_checks_average_experiments_and_a_run_without_calls_counts_as_zero():
    rows = [
        {"nominal": 0.1, "n_called": n, "realised": r, "power": p}
        for n, r, p in ((0, 0.0, 0.0), (4, 0.5, 0.2))
    ]
    check = check_levels(pd.DataFrame(rows))[0]
    assert (check.realised, check.mean_calls, check.power, check.n_experiments) == (
        0.25,
        2.0,
        0.1,
        2,
    )
    assert check.standard_error == pytest.approx(0.25)
    assert check.holds and check.low == 0.0 and check.high == pytest.approx(0.75)


@pytest.mark.parametrize(("realised", "holds"), [(0.1, True), (0.139, True), (0.141, False)])
def test_a_promise_is_broken_beyond_two_standard_errors(realised, holds):
    check = LevelCheck(
        nominal=0.1,
        realised=realised,
        standard_error=0.02,
        mean_calls=5.0,
        power=0.1,
        n_experiments=20,
    )
    assert check.holds is holds


def test_a_single_experiment_has_no_error_bar_and_is_taken_at_its_value():
    row = pd.DataFrame([{"nominal": 0.1, "n_called": 4, "realised": 0.5, "power": 0.1}])
    assert not check_levels(row)[0].holds


def test_paths_are_searched_with_indices_of_32_bits(monkeypatch):
    """The searches of scipy 1.12 take no others; those of an edge index have 64."""

    def search(graph, **options):
        assert graph.indices.dtype == graph.indptr.dtype == np.int32
        return shortest_path(graph, **options)

    monkeypatch.setattr(_realised, "shortest_path", search)
    assert true_pairs(np.array([[0, 1], [1, 2]]), 3, "total").sum() == 3
