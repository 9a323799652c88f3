"""The graph as the mask: budgets, order, seeds, and that it finds what was broken."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.datasets import convergence
from edgelab.errors import ConfigError
from edgelab.graphs import build_graph, edges_of, prior_pairs
from edgelab.models import GSNN
from edgelab.refinement import GraphSparsity, Growth, RefineSettings
from edgelab.tasks import graph_of, perturbation_task
from edgelab.training import TrainingConfig

REMOVED, FALSE = {("f2", "f8"), ("f4", "f9")}, {("f0", "f9"), ("f5", "f6")}


@pytest.fixture(scope="module")
def data():
    return convergence(6, n_train=500, n_test=10, seed=0).train


def broken(data):
    """The graph of the data with two edges gone and two false ones."""
    pairs = (prior_pairs(graph_of(data)) - REMOVED) | FALSE
    return replace(data, edges=pd.DataFrame(sorted(pairs), columns=["source", "target"]))


def refiner(
    data, *, settings=None, growth="gradient", candidates=None, seed=0, epochs=30, graph=None
):
    return GraphSparsity(
        graph_of(broken(data)) if graph is None else graph,
        lambda graph: perturbation_task(data, graph),
        lambda graph: GSNN.from_data(graph, channels=4, layers=4, norm="none"),
        training=TrainingConfig(
            epochs=epochs, batch_size=64, lr=2e-2, schedule="cosine", device="cpu", progress=False
        ),
        settings=settings,
        growth=growth,
        candidates=candidates,
        seed=seed,
    )


QUICK = RefineSettings(rounds=2, round_epochs=1)


@pytest.fixture(scope="module")
def refined(data):
    return refiner(data, settings=RefineSettings(rounds=2, round_epochs=10), epochs=25).fit()


def test_finds_the_removed_and_the_false_edges(refined):
    assert set(refined.pairs("added")) >= REMOVED
    assert set(refined.pairs("removed")) >= FALSE


def test_the_validation_loss_falls(refined):
    losses = refined.rounds["validation_loss"]
    assert losses.min() < 0.5 * losses.iloc[0]
    assert refined.history.records[-1].train_loss < 0.5 * losses.iloc[0]


def test_the_table_accounts_for_every_edge_once_with_a_reason(refined):
    changes = refined.changes
    assert not changes.duplicated(["source", "target"]).any() and (changes["reason"] != "").all()
    before, now = prior_pairs(refined.prior), prior_pairs(refined.data)
    kinds = {kind: set(refined.pairs(kind)) for kind in ("kept", "added", "removed", "tried")}
    assert (
        kinds["kept"] == before & now
        and kinds["added"] == now - before
        and kinds["removed"] == before - now
    )
    assert not kinds["tried"] & (before | now)
    assert (changes.loc[changes["change"].isin(["added", "removed"]), "round"] > 0).all()
    assert changes.loc[changes["change"] == "added", "score"].notna().all()


def test_the_model_belongs_to_the_refined_graph(refined):
    edges = {tuple(edge) for edge in refined.model.edges}
    assert prior_pairs(refined.data) <= edges
    assert len(refined.history.records) == 25


@pytest.mark.parametrize("start", ["prior", "erdos-renyi"])
@pytest.mark.parametrize("growth", ["gradient", "random"])
@pytest.mark.parametrize("budget", [5, 40])
def test_the_budget_holds_in_every_round(data, start, growth, budget):
    settings = RefineSettings(rounds=1, round_epochs=1, budget=budget, start=start)
    result = refiner(data, settings=settings, growth=growth, epochs=1).fit()
    assert len(result.edges) <= budget
    assert (result.rounds["n_edges"].iloc[1:] <= budget).all()


def test_equal_seeds_give_equal_bits_and_other_seeds_do_not(data):
    first, second, other = (
        refiner(data, settings=QUICK, epochs=2, seed=seed).fit() for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(first.changes, second.changes)
    for one, two in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, two)
    assert not first.rounds.equals(other.rounds)


def test_the_callers_random_generator_is_left_alone(data):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    refiner(data, settings=QUICK, epochs=1).fit()
    assert torch.equal(before, torch.get_rng_state())


def test_no_order_of_nodes_or_edges_matters(data):
    graph = graph_of(broken(data))
    generator = np.random.default_rng(5)
    tables = {
        kind: edges_of(graph, kind).sample(frac=1, random_state=1) for kind in graph.edge_types
    }
    turned = build_graph(
        tables[("function", "to", "function")],
        input_edges=tables[("input", "to", "function")],
        output_edges=tables[("function", "to", "output")],
        **{
            f"{kind}s": generator.permutation(graph[kind].node_names).tolist()
            for kind in ("input", "function", "output")
        },
    )
    first = refiner(data, settings=QUICK, epochs=1, graph=graph).fit()
    second = refiner(data, settings=QUICK, epochs=1, graph=turned).fit()
    pd.testing.assert_frame_equal(first.changes, second.changes)
    pd.testing.assert_frame_equal(first.rounds, second.rounds)


def test_only_candidates_grow(data):
    candidates = [("f2", "f8"), ("f0", "f11")]
    result = refiner(data, settings=QUICK, epochs=2, candidates=candidates, growth="random").fit()
    assert {*result.pairs("added"), *result.pairs("tried")} <= set(candidates)


def test_an_edge_pruned_in_a_round_does_not_grow_in_it(data):
    seen = []

    def everything(situation):
        seen.append(prior_pairs(situation.graph))
        return np.ones((12, 12))

    settings = RefineSettings(rounds=1, round_epochs=1, min_support=1e6, budget=20)
    result = refiner(data, settings=settings, growth=Growth(score=everything), epochs=1).fit()
    assert seen == [set()]
    assert not set(result.pairs("added")) & prior_pairs(result.prior)


def test_refuses_a_budget_beyond_what_is_allowed(data):
    with pytest.raises(
        ConfigError, match="the budget is 200 edges, but it must lie between 1 and the 132 edges"
    ):
        refiner(data, settings=RefineSettings(budget=200))
    with pytest.raises(ConfigError, match="unknown growth 'grad'"):
        refiner(data, growth="grad")
