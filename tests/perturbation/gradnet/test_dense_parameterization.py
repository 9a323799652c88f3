import json
import math
import warnings
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, GraphError
from edgelab.perturbation import DenseParameterization, GradNet, SparseParameterization

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "gradnet_matrices.json").read_text())
DENSE_CASES = [case for case in GOLDEN["cases"] if case["kind"] == "dense"]
SIGNS = ["free", "nonnegative", "nonpositive"]
NORMS = [1, 2, 5, math.inf]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def linear_loss(matrix):
    i = torch.arange(len(matrix), dtype=torch.float64)
    return (matrix * torch.sin(1 + 0.7 * i[:, None] + 1.3 * i)).sum()


def make(case, **options):
    return DenseParameterization(
        case["num_nodes"],
        case["budget"],
        tensor(GOLDEN["mask"]),
        tensor(GOLDEN["cost_matrix"]),
        delta_sign=case["delta_sign"],
        directed=case["directed"],
        strict_budget=case["strict_budget"],
        cost_aggr_norm=case["p"],
        **options,
    )


@pytest.mark.parametrize("case", DENSE_CASES, ids=lambda case: case["id"])
def test_reference_numbers(case):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "dead start")
        net = make(case, rand_init_weights=False)
    close = {"rtol": 1e-9, "atol": 1e-12}
    torch.testing.assert_close(net.delta_adj_raw.detach(), tensor(case["init_raw"]), **close)
    assert net.degrees_of_freedom() == case["dof"]
    net.set_initial_state(tensor(case["raw"]), renorm=False)
    change = net()
    torch.testing.assert_close(change.detach(), tensor(case["out"]), **close)
    loss = linear_loss(change)
    loss.backward()
    assert loss.item() == pytest.approx(case["loss_linear"], abs=1e-12)
    torch.testing.assert_close(net.delta_adj_raw.grad, tensor(case["grad_linear"]), **close)
    net.renorm_params()
    torch.testing.assert_close(
        net.delta_adj_raw.detach(), tensor(case["raw_after_renorm"]), **close
    )
    torch.testing.assert_close(net().detach(), tensor(case["out_after_renorm"]), **close)


def pair_of(n, budget, mask, cost, norm, *, directed, seed, **options):
    """A dense and a sparse parameterization of the same change."""
    torch.manual_seed(seed)
    dense = DenseParameterization(
        n, budget, mask, cost, cost_aggr_norm=norm, directed=directed, **options
    )
    keep = mask if directed else mask.triu()
    edge_index = keep.nonzero().t()
    i, j = edge_index
    if math.isinf(norm):
        costs = cost[i, j] if directed else torch.maximum(cost[i, j], cost[j, i])
    else:
        costs = cost[i, j] ** norm + (0 if directed else cost[j, i] ** norm)
    sparse = SparseParameterization(
        num_nodes=n,
        budget=budget,
        edge_index=edge_index,
        cost_p_sum=costs,
        cost_aggr_norm=norm,
        directed=directed,
        **options,
    )
    raw = dense.delta_adj_raw.detach()
    raw = raw if directed else (raw + raw.t()) / 2
    sparse.set_initial_state(raw[i, j], renorm=False)
    return dense, sparse


@given(
    n=st.integers(2, 6),
    budget=st.sampled_from([None, 0.3, 2.0, 50.0]),
    norm=st.sampled_from(NORMS),
    sign=st.sampled_from(SIGNS),
    strict=st.booleans(),
    directed=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_dense_and_sparse_agree(n, budget, norm, sign, strict, directed, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.rand(n, n, generator=generator, dtype=torch.float64) < 0.6).double().triu(1)
    mask = mask + mask.t()
    cost = 0.2 + torch.rand(n, n, generator=generator, dtype=torch.float64)
    cost = cost + cost.t()
    dense, sparse = pair_of(
        n,
        budget,
        mask,
        cost,
        norm,
        directed=directed,
        seed=seed,
        delta_sign=sign,
        strict_budget=strict,
    )
    torch.testing.assert_close(
        dense().detach(), sparse().to_dense().detach(), rtol=1e-9, atol=1e-12
    )


@given(
    norm=st.sampled_from(NORMS),
    strict=st.booleans(),
    seed=st.integers(0, 10**6),
    directed=st.booleans(),
)
def test_the_budget_is_kept(norm, strict, seed, directed):
    torch.manual_seed(seed)
    mask, cost = 1 - torch.eye(5), 0.5 + torch.rand(5, 5)
    net = DenseParameterization(
        5,
        1.7,
        mask,
        cost,
        delta_sign="free",
        directed=directed,
        strict_budget=strict,
        cost_aggr_norm=norm,
    )
    with torch.no_grad():
        net.delta_adj_raw.mul_(10 ** torch.randint(-3, 3, ()).float())
        spent = torch.linalg.vector_norm(cost * net(), ord=norm).item()
        scaled = net()
        net.delta_adj_raw.mul_(7.0)
    assert spent <= 1.7 * (1 + 1e-5)
    if strict:
        assert spent == pytest.approx(1.7, rel=1e-5)
        torch.testing.assert_close(net().detach(), scaled, rtol=1e-4, atol=1e-6)
    if not directed:
        torch.testing.assert_close(net(), net().t())


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("norm", [1, 2, 3])
@pytest.mark.parametrize("strict", [True, False])
def test_gradients_are_those_of_the_values(sign, norm, strict):
    torch.manual_seed(1)
    mask = 1 - torch.eye(4, dtype=torch.float64)
    net = DenseParameterization(
        4,
        0.8,
        mask,
        1 + mask,
        delta_sign=sign,
        strict_budget=strict,
        cost_aggr_norm=norm,
        directed=True,
    )

    def change(raw):
        return torch.func.functional_call(net, {"delta_adj_raw": raw}, ())

    raw = net.delta_adj_raw.detach().requires_grad_()
    assert torch.autograd.gradcheck(change, raw)
    assert torch.autograd.gradgradcheck(change, raw)


@pytest.mark.parametrize("norm", [1, 2, 20, math.inf])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("strict", [True, False])
def test_gradients_are_finite_where_nothing_is_spent_and_where_much_would_be(norm, dtype, strict):
    mask = 1 - torch.eye(4, dtype=dtype)
    net = DenseParameterization(
        4,
        1.0,
        mask,
        torch.ones_like(mask),
        delta_sign="free",
        strict_budget=strict,
        cost_aggr_norm=norm,
    )
    for raw in (0.0, 1e-4, 500.0):
        net.set_initial_state(torch.full((4, 4), raw, dtype=dtype), renorm=False)
        net.zero_grad()
        change = net()
        change[0, 1].backward()
        assert change.isfinite().all() and net.delta_adj_raw.grad.isfinite().all()


@pytest.mark.parametrize("mode", ["additive", "Multiplicative"])
def test_noise_is_as_long_as_said(mode):
    mask = 1 - torch.eye(6, dtype=torch.float64)
    net = DenseParameterization(
        6, None, mask, mask, delta_sign="free", directed=True, strict_budget=True
    )
    net.set_initial_state(torch.full((6, 6), 1.0), renorm=False)
    torch.manual_seed(0)
    change = net(0.5, mode) - net()
    torch.manual_seed(0)
    noise = torch.randn(6, 6, dtype=torch.float64)
    expected = noise / noise.norm() * 0.5 * math.sqrt(30) * mask
    torch.testing.assert_close(change.detach(), expected)


def test_a_seed_is_used_up_whatever_the_share_of_random_numbers():
    torch.manual_seed(3)
    DenseParameterization(
        3, 1.0, torch.ones(3, 3), torch.ones(3, 3), delta_sign="free", rand_init_weights=False
    )
    after_none = torch.rand(1)
    torch.manual_seed(3)
    DenseParameterization(3, 1.0, torch.ones(3, 3), torch.ones(3, 3), rand_init_weights=True)
    assert torch.equal(after_none, torch.rand(1))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"cost_aggr_norm": 0}, ConfigError, "positive integer"),
        ({"cost_aggr_norm": 1.5}, ConfigError, "whole number"),
        ({"delta_sign": "pos"}, ConfigError, "delta_sign must be one of"),
        ({"mask": torch.ones(2, 3)}, GraphError, "mask must have shape"),
        ({"mask": torch.full((3, 3), math.nan)}, GraphError, "mask holds NaN"),
        ({"cost_matrix": torch.zeros(3, 3)}, GraphError, "no cost above 0"),
        ({"cost_matrix": torch.ones(2, 2)}, GraphError, "cost_matrix must have shape"),
    ],
)
def test_refuses(change, error, message):
    given = {
        "num_nodes": 3,
        "budget": 1.0,
        "mask": torch.ones(3, 3),
        "cost_matrix": torch.ones(3, 3),
    }
    with pytest.raises(error, match=message):
        DenseParameterization(**(given | change))


def test_a_state_of_another_shape_is_refused_and_exact_states_are_kept():
    net = DenseParameterization(3, None, torch.ones(3, 3), torch.ones(3, 3))
    with pytest.raises(GraphError, match="Shape mismatch: got"):
        net.set_initial_state(torch.ones(2, 2))
    net.set_initial_state(torch.full((3, 3), 0.01), renorm=False)
    assert net.delta_adj_raw[0, 0].item() == pytest.approx(0.01)


@pytest.mark.parametrize("budget", [math.nan, math.inf])
def test_a_budget_that_cannot_be_kept_is_refused(budget):
    with pytest.raises(ConfigError, match="budget must be a finite number"):
        DenseParameterization(3, budget, torch.ones(3, 3) - torch.eye(3), torch.ones(3, 3))


@pytest.mark.parametrize("num_nodes", [-1, 0])
def test_a_graph_needs_nodes(num_nodes):
    with pytest.raises(ConfigError, match=f"num_nodes must be a positive integer, got {num_nodes}"):
        GradNet(num_nodes, 1.0)
