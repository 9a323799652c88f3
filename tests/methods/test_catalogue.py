"""Every method through one battery, and told in a paragraph."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import ConfigError
from edgelab.graphs import hold_out_edges
from edgelab.inference.baselines import BASELINES
from edgelab.methods import METHODS, Evidence
from edgelab.table import check_edge_table
from edgelab.tasks import graph_of


def ranked(name, dataset, data=None, settings=None, seed=0, top=None):
    graph = graph_of(dataset) if data is None else data
    return METHODS[name].table(Evidence(dataset, graph, settings, seed), top)


def reordered(dataset):
    """The same data with nodes, edges and columns listed in another order."""
    return dataclasses.replace(
        dataset,
        edges=dataset.edges.iloc[::-1].reset_index(drop=True),
        functions=dataset.functions[::-1],
        x=dataset.x[dataset.x.columns[::-1]],
        y=dataset.y[dataset.y.columns[::-1]],
    )


def scores(table):
    keys = [table["src_func"].astype(str), table["dst_func"].astype(str)]
    return pd.Series(table["score"].to_numpy(), index=pd.MultiIndex.from_arrays(keys)).sort_index()


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_makes_an_edge_table_of_all_pairs(name, dataset, quick):
    split = hold_out_edges(graph_of(dataset), 0.2, seed=0)
    table = check_edge_table(ranked(name, dataset, split.train, quick))
    assert len(table) == 5 * 4
    assert table["has_edge"].sum() == len(dataset.edges) - len(split.held_out)
    short = ranked(name, dataset, split.train, quick, top=1)
    assert not short["has_edge"].any() and short["dst_func"].is_unique


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_sees_the_held_out_edges(name, dataset, quick):
    """Held-out edges are dropped from the data set itself: nothing may change."""
    split = hold_out_edges(graph_of(dataset), 0.3, seed=1)
    pairs = pd.MultiIndex.from_frame(dataset.edges[["source", "target"]])
    is_shown = ~pairs.isin(list(split.held_out_pairs))
    without = dataclasses.replace(dataset, edges=dataset.edges[is_shown].reset_index(drop=True))
    pd.testing.assert_frame_equal(
        ranked(name, dataset, split.train, quick), ranked(name, without, split.train, quick)
    )


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_depends_on_the_order_in_which_nodes_and_edges_are_listed(name, dataset, quick):
    first = ranked(name, dataset, settings=quick)
    second = ranked(name, reordered(dataset), settings=quick)
    pd.testing.assert_series_equal(scores(first), scores(second), check_exact=False, rtol=1e-9)


@pytest.mark.parametrize("name", METHODS.names())
def test_equal_seeds_give_equal_tables(name, dataset, quick):
    first, second = (ranked(name, dataset, settings=quick, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_the_seed_reaches_the_model(dataset, quick):
    first, second = (ranked("mei", dataset, settings=quick, seed=seed) for seed in (0, 1))
    assert not np.allclose(scores(first), scores(second))


def test_no_baseline_is_missing_from_the_methods():
    assert {*BASELINES} <= {*METHODS}
    assert all(METHODS[name].is_baseline for name in BASELINES)


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_is_told_in_one_paragraph(name):
    """At least two sentences, without gaps where lines were joined."""
    description = METHODS[name].description
    assert description == " ".join(description.split()) and description.endswith(".")
    assert 20 <= len(description.split()) <= 150 and ". " in description


def test_labels_and_descriptions_tell_methods_apart():
    methods = [METHODS[name] for name in METHODS]
    assert len({method.label for method in methods}) == len(methods)
    assert len({method.description for method in methods}) == len(methods)


def test_a_misspelt_method_is_refused():
    with pytest.raises(ConfigError, match=r"unknown method 'meii'.*'mei'"):
        METHODS["meii"]
