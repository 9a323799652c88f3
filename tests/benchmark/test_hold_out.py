"""Hold-outs: nothing of what is hidden is shown, and a ranking that tells of it is caught."""

from dataclasses import replace

import pytest

from edgelab.benchmark._hold_out import chosen_methods, judge, make_hold_out
from edgelab.datasets import sachs
from edgelab.errors import ConfigError, LeakageError
from edgelab.graphs import edges_of
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of


def test_scorers_get_nothing_that_holds_the_hidden_edges(dataset):
    hold_out = make_hold_out(dataset, 0.3, 0)
    hidden = hold_out.split.held_out_pairs
    assert len(hidden) == 3
    shown = [
        hold_out.evidence._dataset.edges,
        edges_of(hold_out.evidence.data),
        edges_of(hold_out.evidence.task.data),
    ]
    for edges in shown:
        assert len(edges) == 9 - 3
        assert not hidden & set(edges[["source", "target"]].itertuples(index=False, name=None))


def test_a_quarter_of_the_edges_of_sachs_by_hand():
    hold_out = make_hold_out(sachs(), fraction=0.25, seed=0)
    assert len(hold_out.split.held_out) == 5 and hold_out.n_reversed == 0
    table, metrics = judge(hold_out, "pearson", top_k=(1,))
    assert len(table) == 11 * 10 and metrics["n_positives"] == 5


def test_a_method_that_marks_hidden_edges_is_caught(dataset, monkeypatch):
    whole = Evidence(dataset, graph_of(dataset))
    pearson = METHODS["pearson"]
    cheat = replace(pearson, table=lambda *_: pearson.table(whole, None))
    monkeypatch.setitem(METHODS._entries, "cheat", cheat)
    with pytest.raises(LeakageError, match="marks 9 edges, but the scorer was shown 6"):
        judge(make_hold_out(dataset, 0.3, 0), "cheat", (1, 3, 5))


def test_methods_are_all_or_those_that_are_named():
    assert chosen_methods(None) == METHODS.names()
    assert chosen_methods(["pearson", "random", "pearson"]) == ["pearson", "random"]
    with pytest.raises(ConfigError, match="methods is empty"):
        chosen_methods([])
    with pytest.raises(ConfigError, match="close: 'pearson'"):
        chosen_methods(["random", "pearsn"])
