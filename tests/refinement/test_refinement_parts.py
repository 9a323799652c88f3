"""The parts of refinement, each against a hand calculation or a plain loop."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, DataError, GraphError
from edgelab.graphs import FUNCTION_EDGES, build_graph, edges_of
from edgelab.models import GSNN, in_natural_order, take_weights, with_function_edges
from edgelab.ops import Batch
from edgelab.refinement import (
    EdgeGradient,
    RefineSettings,
    allowed_edges,
    edge_support,
    erdos_renyi_edges,
)
from edgelab.refinement._graph_sparsity import strongest_pairs, weak_edges


@pytest.fixture
def graph():
    edges = pd.DataFrame(
        {
            "source": ["a", "b", "c"],
            "target": ["b", "c", "d"],
            "sign": [1, -1, 0],
            "weight": [0.5, 2.0, 1.0],
        }
    )
    return build_graph(
        edges,
        input_edges=[("i", "a"), ("j", "c")],
        output_edges=[("d", "o"), ("b", "p")],
        functions=list("abcd"),
    )


def model_of(graph, seed=0, **options):
    torch.manual_seed(seed)
    return GSNN.from_data(graph, channels=3, layers=4, **({"norm": "none"} | options))


def matrix(*pairs, n=4):
    found = np.zeros((n, n), dtype=bool)
    for source, target in pairs:
        found["abcd".index(source), "abcd".index(target)] = True
    return found


def test_new_edges_leave_signs_and_weights_of_old_ones(graph):
    new = with_function_edges(graph, matrix("ad", "bc"))
    assert edges_of(new).to_dict("records") == [
        {"source": "a", "target": "d", "sign": 0, "weight": 1.0},
        {"source": "b", "target": "c", "sign": -1, "weight": 2.0},
    ]
    assert new[FUNCTION_EDGES].sign.dtype == graph[FUNCTION_EDGES].sign.dtype
    assert new["function"].node_names == list("abcd")


def test_a_graph_without_edges_is_a_graph(graph):
    assert with_function_edges(graph, matrix())[FUNCTION_EDGES].edge_index.shape == (2, 0)


def test_natural_order_is_the_same_for_every_order(graph):
    turned = build_graph(
        edges_of(graph).iloc[::-1],
        input_edges=[("j", "c"), ("i", "a")],
        output_edges=[("b", "p"), ("d", "o")],
        functions=list("dbca"),
    )
    first, second = in_natural_order(graph), in_natural_order(turned)
    assert first.node_names_dict == second.node_names_dict


@pytest.mark.parametrize(
    "options", [{}, {"share_layers": False}, {"edge_channels": 2}, {"norm": "edge_batch"}]
)
def test_weights_go_along_with_their_edges(graph, options):
    from edgelab.models import NORMS

    if options.get("norm") not in {None, *NORMS}:
        options = {"norm": next(name for name in NORMS if NORMS[name][1] is not None)}
    old = model_of(graph, 0, **options)
    new = model_of(with_function_edges(graph, matrix("ab", "bc", "cd", "ad")), 1, **options)
    take_weights(new, old)
    x = torch.randn(6, 2)
    # Without the new edge, in evaluation mode, the new model is the old one.
    new_edge = new.edges.index(("a", "d"))
    mask = torch.ones(len(new.edges))
    mask[new_edge] = 0
    torch.testing.assert_close(new.eval()(x, edge_mask=mask), old.eval()(x))
    back = model_of(graph, 2, **options)
    take_weights(back, new)
    torch.testing.assert_close(back.eval()(x), old(x))


def test_support_is_the_largest_relative_rise_of_an_outputs_loss(graph):
    model, x = model_of(graph), torch.randn(30, 2)
    y = torch.randn(30, 2)
    weight = (torch.rand(30, 2) > 0.3).float()
    found = edge_support(model, Batch(x, y, weight), 3)
    for edge in range(3):
        mask = torch.ones(len(model.edges))
        mask[edge] = 0
        with torch.no_grad():
            rises = []
            for output in range(2):
                counts = weight[:, output]
                before = ((model(x)[:, output] - y[:, output]) ** 2 * counts).sum() / counts.sum()
                after = (
                    (model(x, edge_mask=mask)[:, output] - y[:, output]) ** 2 * counts
                ).sum() / counts.sum()
                rises.append((after - before) / before)
        assert found[edge].item() == pytest.approx(max(rises).item(), rel=1e-4, abs=1e-6)
    assert model.training


def test_support_needs_something_that_counts(graph):
    with pytest.raises(DataError, match="no entry of the batch counts"):
        edge_support(
            model_of(graph), Batch(torch.ones(2, 2), torch.ones(2, 2), torch.zeros(2, 2)), 3
        )


def test_the_gradient_of_an_edge_is_the_best_direction_of_the_moments(graph):
    model, x = model_of(graph), torch.randn(50, 2)
    y = torch.randn(50, 2)
    score = EdgeGradient(model, graph, Batch(x, y)).raw_scores(slice(0, 4)).score.numpy()
    with model.capture("post_norm") as cache:
        model(x)
        values = cache.activations.double().numpy()
    with model.capture("pre_norm") as cache:
        (model(x) - y).square().sum().backward()
        gradients = cache.gradients.double().numpy()
    for source in range(4):
        for target in range(4):
            total = 0.0
            for layer in range(3):
                h = values[layer, :, source] - values[layer, :, source].mean(0)
                g = gradients[layer + 1, :, target] - gradients[layer + 1, :, target].mean(0)
                if not np.any(np.abs(g) > 0) or np.abs(h).max() < 1e-12:
                    continue
                q = np.linalg.svd(h, full_matrices=False)
                kept = q[1] ** 2 > 1e-6 * (q[1] ** 2).max()
                total += np.linalg.norm(q[0][:, kept].T @ g, 2) ** 2 / (g**2).sum()
            assert score[source, target] == pytest.approx(total / 3, rel=1e-3, abs=1e-6)


def test_the_gradient_does_not_depend_on_units_of_the_loss_or_blocks_and_leaves_no_gradient(graph):
    model, x = model_of(graph), torch.randn(50, 2)
    batch = Batch(x, torch.randn(50, 2))
    scorer = EdgeGradient(model, graph, batch)
    whole = scorer.raw_scores(slice(0, 4)).score
    parts = torch.cat(
        [scorer.raw_scores(slice(0, 1)).score, scorer.raw_scores(slice(1, 4)).score], dim=1
    )
    torch.testing.assert_close(whole, parts)
    louder = EdgeGradient(model, graph, Batch(x, batch.y, torch.full((50, 2), 100.0)))
    torch.testing.assert_close(louder.raw_scores(slice(0, 4)).score, whole, rtol=1e-4, atol=1e-9)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert (whole >= 0).all() and (whole <= 1 + 1e-6).all()


def test_candidates_are_checked(graph):
    assert allowed_edges(graph, [("a", "d")]).capacity == 4
    assert allowed_edges(graph, pd.DataFrame({"source": ["a"], "target": ["b"]})).capacity == 3
    with pytest.raises(
        GraphError, match=r"names 'bb', which is no function of the graph \(close: 'b'"
    ):
        allowed_edges(graph, [("a", "bb")])
    with pytest.raises(GraphError, match="from a function to itself"):
        allowed_edges(graph, [("a", "a")])


@given(st.integers(2, 8), st.data())
def test_random_graphs_have_exactly_the_wanted_edges_among_the_allowed(n, data):
    cells = data.draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    allowed = np.array(cells).reshape(n, n)
    total = int(allowed.sum())
    if not total:
        return
    count = data.draw(st.integers(1, total))
    drawn = erdos_renyi_edges(allowed, count, torch.Generator().manual_seed(0))
    assert drawn.sum() == count and not (drawn & ~allowed).any()


def test_targets_with_few_allowed_sources_get_a_larger_share_of_them():
    allowed = np.zeros((60, 60), dtype=bool)
    allowed[:2, 0] = True
    allowed[:, 1] = True
    drawn = erdos_renyi_edges(allowed, 32, torch.Generator().manual_seed(0))
    # Shares 3 : 61 of 32 edges: 1.5 and 30.5.
    assert drawn[:, 0].sum() in (1, 2) and drawn.sum() == 32
    with pytest.raises(ConfigError, match="cannot draw 70 of 62 allowed edges"):
        erdos_renyi_edges(allowed, 70, torch.Generator())


def test_unscored_pairs_never_grow_and_edges_never_judged_go():
    score = np.array([[np.nan, 1.0], [np.nan, 5.0]])
    assert strongest_pairs(score, np.ones((2, 2), dtype=bool), 4, -np.inf).sum() == 2
    assert strongest_pairs(score, np.ones((2, 2), dtype=bool), -3, -np.inf).sum() == 0
    edges = np.array([[False, True], [False, False]])
    assert weak_edges(edges, np.full((2, 2), np.nan), edges, (0.0, 0.0)).sum() == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rounds": 0}, "rounds must be a positive integer, got 0"),
        ({"budget": -1}, "budget must be a positive integer, got -1"),
        ({"min_support": -0.1}, "min_support must be a finite number"),
        ({"validation_fraction": 0.0}, r"validation_fraction must lie in \(0, 1\)"),
        ({"start": "random"}, "start must be one of"),
    ],
)
def test_settings_are_checked(wrong, message):
    with pytest.raises(ConfigError, match=message):
        RefineSettings(**wrong)


def test_support_needed_grows_to_its_full_value():
    settings = RefineSettings(rounds=3)
    assert [settings.support_needed(position)[0] for position in range(4)] == pytest.approx(
        [0.025, 0.05, 0.075, 0.1]
    )


def test_reading_a_model_leaves_parts_at_rest_that_were_at_rest(graph):
    model = model_of(graph, dropout=0.5).train()
    model.blocks[0].dropout.eval()
    modes = [module.training for module in model.modules()]
    batch = Batch(torch.randn(20, 2), torch.randn(20, 2))
    EdgeGradient(model, graph, batch)
    assert [module.training for module in model.modules()] == modes
    edge_support(model, batch, 3)
    assert [module.training for module in model.modules()] == modes
