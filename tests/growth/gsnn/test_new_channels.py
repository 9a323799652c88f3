"""The closed form of a new channel against a plain loop, and the choice under a budget by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.graphs import build_graph
from edgelab.growth.gsnn._function_moments import function_statistics
from edgelab.growth.gsnn._new_channels import best_channels, take_greedily, within_budget
from edgelab.models import GSNN

GRAPH = build_graph(
    [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")],
    input_edges=[("i", "a"), ("j", "b")],
    output_edges=[("d", "o"), ("c", "p")],
    functions=["a", "b", "c", "d", "alone"],
)
N = 90


def model_and_data() -> tuple[GSNN, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    model = GSNN.from_data(
        GRAPH, channels=2, layers=3, norm="none", share_layers=False, dtype=torch.float64
    )
    return model, torch.randn(N, 2, dtype=torch.float64), torch.randn(N, 2, dtype=torch.float64)


def by_plain_loop(
    model: GSNN, x: torch.Tensor, y: torch.Tensor, layer: int, function: str
) -> np.ndarray:
    """Gains of a function's new channels: residual pull on what it sends, on what it hears.

    Edge states come from the model cut off after `layer` blocks, pulls from finite changes of
    single edges: no hook, no cache, no code of `growth`."""
    masks = torch.ones(N, len(model.edges), dtype=torch.float64, requires_grad=True)
    inner: dict[str, torch.Tensor] = {}
    block = model.res_blocks()[layer]
    handles = [
        block.register_forward_hook(lambda _, args, out: inner.update(before=args[0], after=out))
    ]
    handles.append(
        block.lin_out.register_forward_pre_hook(lambda _, args: inner.update(sent=args[0]))
    )
    loss = (model(x, edge_mask=masks) - y).square().sum()
    pull = torch.autograd.grad(loss, inner["after"])[0]
    for handle in handles:
        handle.remove()
    rows = model.wiring.row_of_edge
    heard = [
        inner["before"][rows[e]] for e, (_, target) in enumerate(model.edges) if target == function
    ]
    pulls = [pull[rows[e]] for e, (source, _) in enumerate(model.edges) if source == function]
    sent = inner["sent"][model.wiring.inward.rank_of_node[model.function_names.index(function)]]
    ones = torch.ones(1, N, dtype=torch.float64)
    heard, sent = (
        torch.cat([values, ones]).detach().numpy().T for values in (torch.stack(heard), sent)
    )
    pulls = torch.stack(pulls).numpy().T
    own = basis_of(sent)
    residual = pulls - own @ (own.T @ pulls)
    return np.linalg.svd(basis_of(heard).T @ residual, compute_uv=False) ** 2 / N


def basis_of(features: np.ndarray) -> np.ndarray:
    """Orthonormal basis of directions of at least 1e-6 of the largest variance, at equal power."""
    power = np.sqrt((features**2).sum(0))
    u, s, _ = np.linalg.svd(features / np.where(power > 0, power, 1.0), full_matrices=False)
    return u[:, s**2 > 1e-6 * s[0] ** 2]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_gains_equal_those_of_a_plain_loop(layer):
    model, x, y = model_and_data()
    statistics = function_statistics(model, [(x[:50], y[:50]), (x[50:], y[50:])])
    proposals = best_channels(statistics, per_function=2)
    largest = max(float(new.gain.max()) for new in proposals)
    compared = 0
    for new in proposals:
        if new.layer != layer:
            continue
        for gain, function in zip(new.gain, new.group.functions.tolist(), strict=True):
            expected = by_plain_loop(model, x, y, layer, model.function_names[function])
            expected = expected[: len(gain)]
            actual = gain[: len(expected)]
            np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6 * largest)
            compared += 1
    assert compared == 5


def test_gains_and_costs_of_a_budget():
    model, x, y = model_and_data()
    proposals = best_channels(function_statistics(model, [(x, y)]), per_function=2)
    for budget in (0, 7, 40, 10**6):
        taken = within_budget(proposals, budget)
        spent = sum(int(new.taken.sum()) * new.cost for new in taken)
        assert spent <= budget
        if budget == 40:
            cheapest = min(new.cost for new in taken)
            assert budget - spent < max(new.cost for new in taken) or cheapest > budget - spent


def test_the_greedy_choice_by_hand():
    gain = torch.tensor([4.0, 9.0, 2.0, 0.0])
    assert take_greedily(gain, torch.tensor([2, 3, 2, 1]), 5).tolist() == [True, True, False, False]
    assert take_greedily(gain, torch.tensor([2, 9, 2, 1]), 4).tolist() == [True, False, True, False]
    dear = torch.tensor([5.0, 4.0, 4.0]), torch.tensor([4, 2, 2])
    assert take_greedily(*dear, 4).tolist() == [False, True, True]
    assert take_greedily(gain[:0], torch.tensor([], dtype=torch.int64), 4).tolist() == []


@given(
    st.lists(st.tuples(st.floats(0.01, 10), st.integers(1, 9)), min_size=1, max_size=12),
    st.integers(0, 40),
)
def test_what_is_left_out_would_not_have_fitted(items, budget):
    gain, cost = torch.tensor([g for g, _ in items]), torch.tensor([c for _, c in items])
    taken = take_greedily(gain, cost, budget)
    left = budget - int(cost[taken].sum())
    assert left >= 0
    assert all(int(c) > left for c in cost[~taken])
