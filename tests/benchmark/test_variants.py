"""Variants of a data set: what changes in them, and that rankings do not follow mere order."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edgelab.benchmark._variants import overlap, reordered, top_edges, variant_evidence
from edgelab.datasets import sachs
from edgelab.errors import ConfigError
from edgelab.jobs import infer_edges
from edgelab.methods import METHODS


def test_one_sample_less_is_one_sample_less(dataset):
    assert variant_evidence(dataset, "one sample less", 3).task.y.shape[0] == dataset.n_samples - 1
    single = dataclasses.replace(
        dataset, x=dataset.x.iloc[:1], y=dataset.y.iloc[:1], condition=dataset.condition.iloc[:1]
    )
    with pytest.raises(ConfigError, match="none can be left out"):
        variant_evidence(single, "one sample less", 0)


def test_another_seed_is_never_that_of_the_reference(dataset):
    seeds = [variant_evidence(dataset, "other seed", draw).seed for draw in range(3)]
    assert variant_evidence(dataset, "whole", 0).seed not in seeds and len(set(seeds)) == 3


def test_reordered_has_the_same_content_in_another_order(dataset):
    other, _ = reordered(dataset, 0)
    assert set(other.functions) == set(dataset.functions) and other.functions != dataset.functions


def test_overlap_counts_edges_in_common():
    assert overlap([["a", "b"]], [["a", "b"], ["b", "a"]]) == 0.5
    assert overlap([["a", "b"], ["b", "c"]], [["b", "c"], ["c", "d"]]) == 0.5
    assert np.isnan(overlap([], []))


def test_top_edges_are_candidates_with_a_score():
    rows = [("a", "b", 3.0, True), ("b", "a", 2.0, False), ("a", "c", np.nan, False)]
    table = pd.DataFrame(rows, columns=["src_func", "dst_func", "score", "has_edge"])
    assert top_edges(table, 2) == [["b", "a"]]


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_depends_on_the_order_in_which_anything_is_listed(name, dataset, quick):
    """Nodes, edges, columns and samples, bit for bit."""
    first, second = (
        infer_edges(data, name, settings=quick).table
        for data in (dataset, reordered(dataset, 5)[0])
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mei_partial", "ks_shift", "partial_correlation"])
def test_real_data_in_another_order_rank_the_same(name):
    first, second = (infer_edges(data, name).table for data in (sachs(), reordered(sachs(), 1)[0]))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
