"""The score of a new edge: its closed form against a plain loop, and what it must not depend on."""

import numpy as np
import pytest
import torch
from torch import nn

from edgelab.errors import CaptureError, ConfigError, DataError, GraphError
from edgelab.graphs import build_graph
from edgelab.inference import EdgeGrowthScorer
from edgelab.models import GSNN

FUNCTIONS = ["a", "b", "c", "d", "quiet"]
EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
INPUTS, OUTPUTS = [("i", "a"), ("j", "b"), ("k", "c")], [("c", "o"), ("d", "p")]
N = 80


def make(functions=FUNCTIONS, **options) -> tuple[GSNN, object]:
    graph = build_graph(EDGES, input_edges=INPUTS, output_edges=OUTPUTS, functions=functions)
    torch.manual_seed(0)
    options = {
        "channels": 3,
        "layers": 3,
        "norm": "none",
        "share_layers": False,
        "dtype": torch.float64,
        **options,
    }
    return GSNN.from_data(graph, **options), graph


def samples(n: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    return x, torch.stack([x[:, 0] * x[:, 2], x.sum(1)], 1)


def scores(model: GSNN, graph, batches, relative_to: str = "target", **fitting) -> np.ndarray:
    scorer = EdgeGrowthScorer(model, graph, relative_to=relative_to)
    scorer.fit(batches, progress=False, **fitting)
    return scorer.raw_scores(slice(0, len(graph["function"].node_names))).score.numpy()


def by_plain_loop(model: GSNN, x: torch.Tensor, y: torch.Tensor, relative_to: str) -> np.ndarray:
    """Residuals by least squares, pair by pair, then the best of all rank-one maps; no code of
    `growth`.
    """
    sent, heard, handles = [], [], []
    for block in model.res_blocks():
        handles.append(
            block.lin_out.register_forward_pre_hook(lambda _, args: sent.append(args[0].detach()))
        )
        handles.append(
            block.lin_in.register_forward_pre_hook(lambda _, args: heard.append(args[0].detach()))
        )
    with model.capture() as cache:
        loss = (model(x) - y).square().sum()
        gradients = cache.gradients_of(loss)
    for handle in handles:
        handle.remove()
    n, rank, rows = (
        len(model.function_names),
        model.wiring.inward.rank_of_node,
        model.wiring.row_of_edge,
    )
    score = np.zeros((n, n))
    for layer in range(model.layers - 1):
        gain, power = np.zeros((n, n)), np.zeros(n)
        for j, name in enumerate(model.function_names):
            entering = [
                heard[layer + 1][rows[e]].numpy()
                for e, edge in enumerate(model.edges)
                if edge[1] == name
            ]
            known = np.stack([*entering, np.ones(len(x))], axis=1)
            pull = gradients[layer + 1, :, j].numpy()
            power[j] += (pull**2).sum()
            known = basis_of(known)
            rest = pull - known @ (known.T @ pull)
            for i in range(n):
                features = sent[layer][rank[i]].numpy().T
                new = features - known @ (known.T @ features)
                new = new[:, (new**2).sum(0) > 0.1 * (features**2).sum(0)]
                if new.size:
                    gain[i, j] += np.linalg.svd(basis_of(new).T @ rest, compute_uv=False)[0] ** 2
        power = power.sum() if relative_to == "all" else np.where(power > 0, power, np.nan)
        score += np.nan_to_num(gain / power) / (model.layers - 1)
    return score


def basis_of(features: np.ndarray) -> np.ndarray:
    """Orthonormal basis of the directions in which features of equal power vary by at least a tenth
    of the largest.
    """
    power = np.sqrt((features**2).sum(0))
    u, s, _ = np.linalg.svd(features / np.where(power > 0, power, 1.0), full_matrices=False)
    return u[:, s**2 > 0.1 * s[0] ** 2]


@pytest.mark.parametrize("relative_to", ["target", "all"])
def test_scores_equal_those_of_a_plain_loop(relative_to):
    model, graph = make()
    x, y = samples()
    found = scores(model, graph, [(x[:50], y[:50]), (x[50:], y[50:])], relative_to)
    expected = by_plain_loop(model, x, y, relative_to)
    np.testing.assert_allclose(np.nan_to_num(found), expected, rtol=1e-5, atol=1e-9)


def test_scores_are_shares():
    model, graph = make(dtype=torch.float32, norm="layer")
    x, y = (values.float() for values in samples())
    found = scores(model, graph, [(x, y)])
    pulled = found[:, :4]  # nothing leads from the last function to an output
    assert ((pulled >= 0) & (pulled <= 1 + 1e-6)).all()
    assert np.isnan(found[:, 4]).all()
    assert scores(model, graph, [(x, y)], "all").max(0).sum() <= 1 + 1e-6


def test_an_edge_that_the_data_call_for_scores_highest():
    """The truth has a -> d twice removed: d needs what only a knows, and the model has no path from
    a to d.
    """
    edges = [("b", "c"), ("c", "d")]
    inputs = [("i", "a"), ("j", "b"), ("k", "c")]
    graph = build_graph(edges, input_edges=inputs, output_edges=[("d", "p"), ("a", "q")])
    torch.manual_seed(0)
    model = GSNN.from_data(graph, channels=4, layers=4, norm="none", share_layers=False)
    column = {name: n for n, name in enumerate(model.input_names)}
    x = torch.randn(600, 3)
    y = torch.stack([x[:, column["i"]] + x[:, column["j"]], x[:, column["i"]]], 1)
    y = y if model.output_names == ["p", "q"] else y.flip(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    scorer = EdgeGrowthScorer(model, graph)
    scorer.fit([(x, y)], progress=False)
    table = scorer.evaluate()
    best = table[~table["has_edge"].astype(bool)].iloc[0]
    assert best["src_func"] == "a"
    assert table["p_value"].isna().all()
    assert scorer.evaluate_against([("a", "d")])["mrr"] == 1.0


@pytest.mark.parametrize("share_layers", [True, False])
@pytest.mark.parametrize("sizes", [[N], [50, 29, 1], [1] * N])
def test_neither_batches_nor_the_order_of_samples_matter(sizes, share_layers):
    model, graph = make(share_layers=share_layers)
    x, y = samples()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(3))
    expected = scores(model, graph, [(x, y)])
    batches = list(zip(x[order].split(sizes), y[order].split(sizes), strict=True))
    np.testing.assert_allclose(scores(model, graph, batches), expected, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_the_units_of_the_loss_do_not_matter(factor):
    model, graph = make()
    x, y = samples()
    expected = scores(model, graph, [(x, y)])
    for criterion in (
        lambda p, t: factor * (p - t) ** 2,
        lambda p, t: factor * nn.functional.mse_loss(p, t),
    ):
        found = scores(model, graph, [(x, y)], criterion=criterion)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)


def test_the_order_of_functions_does_not_matter():
    model, graph = make()
    x, y = samples()
    expected = scores(model, graph, [(x, y)])
    other, renumbered = make(functions=FUNCTIONS[::-1])
    names, new_names = model.function_names, other.function_names
    assert names != new_names
    for mine, theirs in zip(model.blocks, other.blocks, strict=True):
        for layer in ("lin_in", "lin_out"):
            _copy_by_name(getattr(mine, layer), getattr(theirs, layer), model, other)
    order = [names.index(name) for name in new_names]
    found = scores(other, renumbered, [(x, y)])
    np.testing.assert_allclose(found, expected[np.ix_(order, order)], rtol=1e-4, atol=1e-9)


def _copy_by_name(mine: nn.Module, theirs: nn.Module, model: GSNN, other: GSNN) -> None:
    for layer_edge, edge in enumerate(theirs.edges.tolist()):
        twin = mine.edges.tolist().index(model.edges.index(other.edges[edge]))
        theirs.weight.data[layer_edge] = mine.weight.data[twin]


def test_blocks_of_targets_give_the_same_scores():
    model, graph = make()
    scorer = EdgeGrowthScorer(model, graph)
    scorer.fit([samples()], progress=False)
    whole = scorer.raw_scores(slice(0, 5)).score
    parts = [scorer.raw_scores(slice(k, k + 1)).score for k in range(5)]
    torch.testing.assert_close(torch.cat(parts, 1), whole, equal_nan=True)
    assert len(scorer.evaluate(top=1)) == 4  # nothing pulls at the fifth


@pytest.mark.parametrize(
    "options", [{"channels": [1, 4, 2, 3, 2]}, {"bias": False}, {"norm": "batch", "dropout": 0.2}]
)
def test_other_models_are_scored_and_left_as_they_were(options):
    model, graph = make(**options)
    x, y = samples()
    model.train()
    model(x).sum().backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    gradient = model.blocks[0].lin_in.weight.grad.clone()
    found = scores(model, graph, [(x, y)])
    assert np.isfinite(found[:, :4]).all()
    assert model.training
    assert torch.equal(model.blocks[0].lin_in.weight.grad, gradient)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_loss_that_pulls_nowhere_scores_nothing():
    model, graph = make()
    x, y = samples()
    assert np.isnan(scores(model, graph, [(x, y)], criterion=lambda p, t: 0 * (p - t))).all()


def test_samples_add_up():
    model, graph = make()
    x, y = samples()
    scorer = EdgeGrowthScorer(model, graph)
    assert scorer.fit([(x[:30], y[:30])], progress=False) == 30
    assert scorer.update([(x[30:], y[30:])], progress=False) == 50
    assert scorer.n_samples == N
    np.testing.assert_allclose(
        scorer.raw_scores(slice(0, 5)).score.numpy(),
        scores(model, graph, [(x, y)]),
        rtol=1e-4,
        atol=1e-9,
    )


def test_what_is_refused():
    model, graph = make()
    with pytest.raises(CaptureError, match="fit"):
        EdgeGrowthScorer(model, graph).raw_scores(slice(0, 5))
    with pytest.raises(DataError, match="no sample"):
        EdgeGrowthScorer(model, graph).fit([])
    with pytest.raises(ConfigError, match="2 layers"):
        EdgeGrowthScorer(*make(layers=1))
    with pytest.raises(ConfigError, match="relative_to"):
        EdgeGrowthScorer(model, graph, relative_to="source")
    other = build_graph([("a", "z")], input_edges=[("i", "a")], output_edges=[("z", "o")])
    with pytest.raises(GraphError, match="functions"):
        EdgeGrowthScorer(model, other)
