"""The contract of the parameterization: budgets, symmetry, order, precision, state, and what it
refuses.
"""

import copy
import itertools
import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, EdgelabError, GraphError
from edgelab.ops import sparse_matmul
from edgelab.perturbation import SparseParameterization
from edgelab.perturbation.gradnet._budget import cost_norm

EDGES = torch.tensor([[2, 0, 1, 0], [3, 3, 2, 1]])
COST = torch.tensor([2.0, 1.5, 4.0, 0.5], dtype=torch.float64)
SIGNS = ["free", "nonnegative", "nonpositive"]
ORDERS = [1, 2, 5, math.inf]


def build(**options) -> SparseParameterization:
    torch.manual_seed(0)
    given = {"num_nodes": 4, "budget": 1.5, "edge_index": EDGES, "cost_p_sum": COST}
    return SparseParameterization(**(given | options))


@st.composite
def parameterizations(draw):
    change = build(
        budget=draw(st.floats(0.01, 100)),
        delta_sign=draw(st.sampled_from(SIGNS)),
        directed=draw(st.booleans()),
        strict_budget=draw(st.booleans()),
        cost_aggr_norm=draw(st.sampled_from(ORDERS)),
    )
    raw = draw(
        st.lists(st.floats(-10, 10), min_size=4, max_size=4).filter(
            lambda raw: max(map(abs, raw)) > 1e-3
        )
    )
    change.set_initial_state(raw, renorm=False)
    return change


def spent(change: SparseParameterization) -> float:
    return float(cost_norm(change.edge_values().detach(), change.cost_p_sum, change.cost_aggr_norm))


@given(parameterizations())
def test_the_budget_is_never_exceeded_and_strictly_met(change):
    assert spent(change) <= change.budget * (1 + 1e-9)
    if change.strict_budget:
        assert spent(change) == pytest.approx(change.budget, rel=1e-6)


@given(parameterizations(), st.floats(1e-3, 1e3))
def test_a_strict_change_does_not_depend_on_the_scale_of_the_parameters(change, scale):
    change.strict_budget = True
    before = change.edge_values().detach()
    change.set_initial_state(change.delta_adj_raw.detach() * scale, renorm=False)
    torch.testing.assert_close(change.edge_values().detach(), before)
    change.renorm_params()
    torch.testing.assert_close(change.edge_values().detach(), before)


@given(parameterizations())
def test_the_matrix_holds_the_edge_values_and_is_mirrored_unless_directed(change):
    dense, values = change().to_dense(), change.edge_values()
    assert torch.equal(dense[tuple(EDGES)], values)
    assert (
        torch.equal(dense, dense.t())
        if not change.directed
        else dense[tuple(EDGES.flip(0))].count_nonzero() == 0
    )
    copies = 1 if change.directed else 2
    assert dense.count_nonzero() == copies * values.count_nonzero()


@given(parameterizations(), st.permutations(range(4)))
def test_permuting_the_edges_permutes_the_change(change, order):
    other = SparseParameterization(
        num_nodes=4,
        budget=change.budget,
        edge_index=EDGES[:, order],
        cost_p_sum=COST[order],
        delta_sign=change.delta_sign,
        directed=change.directed,
        strict_budget=change.strict_budget,
        cost_aggr_norm=change.cost_aggr_norm,
    )
    other.set_initial_state(change.delta_adj_raw.detach()[order], renorm=False)
    torch.testing.assert_close(other.edge_values(), change.edge_values()[order])
    torch.testing.assert_close(other().to_dense(), change().to_dense())


@pytest.mark.parametrize("projection", ["rescale", "simplex"])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("directed", [True, False])
def test_first_and_second_derivatives_through_the_matrix(projection, sign, strict, directed):
    change = build(delta_sign=sign, strict_budget=strict, directed=directed, projection=projection)
    raw = torch.tensor([0.9, -0.4, 0.3, 1.5], dtype=torch.float64, requires_grad=True)

    def dense(raw):
        return torch.func.functional_call(change, {"delta_adj_raw": raw}).to_dense()

    assert torch.autograd.gradcheck(dense, (raw,))
    assert torch.autograd.gradgradcheck(dense, (raw,))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sign", SIGNS)
def test_edge_values_work_under_function_transforms(order, sign):
    change = build(delta_sign=sign, strict_budget=True, cost_aggr_norm=order)
    raws = torch.rand(3, 4, dtype=torch.float64) + 0.1
    batched = torch.vmap(lambda raw: change._within_budget(raw))(raws)
    torch.testing.assert_close(batched, torch.stack([change._within_budget(raw) for raw in raws]))
    tangent = torch.func.jvp(change._within_budget, (raws[0],), (raws[1],))[1]
    jacobian = torch.autograd.functional.jacobian(change._within_budget, raws[0])
    torch.testing.assert_close(tangent, jacobian @ raws[1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("order", [*ORDERS, 20])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("size", [0.0, 1e-4, 100.0])
def test_low_precision_keeps_the_budget_and_finite_gradients(dtype, order, strict, size):
    change = build(
        cost_p_sum=COST.to(dtype), cost_aggr_norm=order, strict_budget=strict, delta_sign="free"
    )
    change.set_initial_state(torch.tensor([1.0, 0.5, 0.25, 0.0]) * size, renorm=False)
    change.edge_values().sum().backward()
    assert change.edge_values().dtype == dtype and change.delta_adj_raw.grad.isfinite().all()
    wide = float(cost_norm(change.edge_values().detach().double(), COST, order))
    if strict and size:
        assert wide == pytest.approx(1.5, rel=4 * torch.finfo(dtype).eps)
    assert wide <= 1.5 * (1 + 4 * torch.finfo(dtype).eps)


def test_a_dead_start_warns_and_a_live_one_does_not():
    with pytest.warns(RuntimeWarning, match="dead start: .* Pass rand_init_weights above 0"):
        build(rand_init_weights=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(rand_init_weights=False, delta_sign="free")
        build(rand_init_weights=False, strict_budget=True)
        build(rand_init_weights=0.1)


@pytest.mark.parametrize(
    ("share", "low", "high"), [(0, 1, 1), (0.25, 0.75, 1), (True, 0, 1), (None, 1, 1), (7, 0, 1)]
)
def test_the_start_mixes_ones_and_random_numbers(share, low, high):
    raw = build(strict_budget=True, rand_init_weights=share).delta_adj_raw
    assert bool(((raw >= low) & (raw <= high)).all())
    assert (raw.detach().min() == raw.detach().max()) == (low == high)


def test_random_numbers_are_drawn_even_when_none_are_wanted():
    build(strict_budget=True, rand_init_weights=0)
    after = torch.rand(1)
    build(strict_budget=True)
    assert torch.equal(torch.rand(1), after)


def test_a_state_can_be_set_exactly_or_renormalised():
    change = build(budget=None, delta_sign="free")
    change.set_initial_state([0.1, 0.2, 0.3, 0.4], renorm=False)
    assert change.edge_values().tolist() == [0.1, 0.2, 0.3, 0.4]
    change.set_initial_state([0.1, 0.2, 0.3, 0.4])
    assert float(change.delta_adj_raw.detach().norm()) == pytest.approx(math.sqrt(2))
    change.set_initial_state([0, 0, 0, 0])
    assert change.delta_adj_raw.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "options", [{}, {"projection": "simplex"}, {"max_edges": 2}, {"strict_budget": True}]
)
@pytest.mark.parametrize("sign", SIGNS)
def test_edge_values_can_be_set(options, sign):
    change = build(delta_sign=sign, **options)
    wanted = torch.tensor([0.5, 0.0, 0.0, 1.0], dtype=torch.float64) * (
        -1 if sign == "nonpositive" else 1
    )
    change.set_edge_values(wanted)
    torch.testing.assert_close(change.edge_values().detach(), wanted)


@pytest.mark.parametrize(
    ("options", "values", "message"),
    [
        ({}, [1.0, 1, 0, 0], "at most 1.5, but they cost 3.5"),
        ({"strict_budget": True}, [0.1, 0, 0, 0], "exactly 1.5, but they cost 0.2"),
        ({}, [-0.1, 0, 0, 0], "changes must be nonnegative"),
        ({"max_edges": 1}, [0.1, 0.1, 0, 0], "at most max_edges=1"),
        ({}, [0.1, 0, 0], r"Shape mismatch: got \(3,\), expected \(4,\)"),
        ({}, [math.nan, 0, 0, 0], "1 of the numbers are NaN"),
    ],
)
def test_edge_values_out_of_reach_are_refused(options, values, message):
    with pytest.raises(ConfigError, match=message):
        build(**options).set_edge_values(values)


def test_noise_has_its_amplitude_and_draws_nothing_when_zero():
    change = build(budget=None, delta_sign="free")
    state = torch.get_rng_state()
    change.edge_values()
    assert torch.equal(torch.get_rng_state(), state)
    noise = (change.edge_values(0.3) - change.delta_adj_raw).detach()
    assert float(noise.square().mean().sqrt()) == pytest.approx(0.3)
    relative = (
        change(0.3, "Multiplicative").to_dense()[tuple(EDGES)] / change.delta_adj_raw
    ).detach() - 1
    assert float(relative.square().mean().sqrt()) == pytest.approx(0.3)
    with pytest.raises(
        ConfigError,
        match=r"noise_mode must be one of \['additive', 'multiplicative'\]; got 'uniform'",
    ):
        change(0.0, "uniform")


def test_the_state_holds_parameters_costs_and_edges_and_nothing_else():
    change = build(strict_budget=True)
    assert set(change.state_dict()) == {"delta_adj_raw", "edge_index", "cost_p_sum"}
    other = build(
        strict_budget=True,
        edge_index=torch.tensor([[0, 0, 1, 1], [1, 2, 2, 3]]),
        cost_p_sum=COST.flip(0),
    )
    other.load_state_dict(change.state_dict())
    assert torch.equal(other().to_dense(), change().to_dense())
    assert torch.equal(copy.deepcopy(change)().to_dense(), change().to_dense())


def test_a_state_with_bad_edges_is_refused():
    state = build().state_dict()
    state["edge_index"] = EDGES.flip(0)
    with pytest.raises(GraphError, match="i < j"):
        build().load_state_dict(state)


def test_it_changes_precision_as_a_module():
    change = build(strict_budget=True).float()
    assert (
        change.dtype == torch.float32
        and change().dtype == torch.float32
        and spent(change) == pytest.approx(1.5)
    )


def test_precision_comes_from_costs_and_place_from_edges():
    assert (
        build().dtype == torch.float64
        and build(dtype=torch.float32).cost_p_sum.dtype == torch.float32
    )
    assert build(cost_p_sum=torch.tensor([1, 2, 3, 4])).dtype == torch.get_default_dtype()
    assert build().device == EDGES.device and build().degrees_of_freedom() == 4


def test_no_edges_are_fine():
    change = build(
        edge_index=torch.zeros(2, 0, dtype=torch.int64),
        cost_p_sum=torch.zeros(0),
        strict_budget=True,
    )
    change.renorm_params()
    assert change().to_dense().count_nonzero() == 0 and len(change.report_budget()) == 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"edge_index": EDGES.flip(0)},
            GraphError,
            r"i < j, but 4 are not, first: edge 0, \(3, 2\)",
        ),
        ({"edge_index": torch.tensor([[0, 1, 1, 2], [1, 1, 2, 3]])}, GraphError, "drop self loops"),
        ({"edge_index": EDGES + 1}, GraphError, "outside the 4 × 4 matrix"),
        ({"edge_index": EDGES - 1}, GraphError, "outside the 4 × 4 matrix"),
        ({"edge_index": EDGES[:, [0, 1, 2, 0]]}, GraphError, "given twice"),
        (
            {"edge_index": EDGES.t()},
            GraphError,
            r"must have shape \(2, number of edges\), got \(4, 2\)",
        ),
        ({"edge_index": EDGES.double()}, GraphError, "must hold integers"),
        (
            {"cost_p_sum": COST[:3]},
            ConfigError,
            r"must have shape \(4,\), one cost per edge; got \(3,\)",
        ),
        ({"cost_p_sum": COST[0]}, ConfigError, r"got \(\)"),
        ({"cost_p_sum": COST - 0.5}, ConfigError, "positive and finite .* first: 0.0 of edge 3"),
        ({"cost_p_sum": COST * math.nan}, ConfigError, "positive and finite"),
        (
            {"cost_p_sum": COST * 1e6, "dtype": torch.float16},
            ConfigError,
            "finite in torch.float16",
        ),
        ({"budget": math.nan}, ConfigError, "budget must be a finite number"),
        ({"budget": torch.tensor(1.0, requires_grad=True)}, ConfigError, r"pass budget.item\(\)"),
        ({"num_nodes": -1}, ConfigError, "num_nodes must be an integer of at least 0, got -1"),
        ({"delta_sign": "positive"}, ConfigError, "delta_sign must be one of"),
        ({"cost_aggr_norm": 1.5}, ConfigError, "whole number or inf"),
        ({"rand_init_weights": math.nan}, ConfigError, "between 0 and 1"),
        ({"max_edges": 0}, ConfigError, "max_edges must be a positive integer, got 0"),
        ({"projection": "simple"}, ConfigError, r"must be one of \['rescale', 'simplex'\]"),
        ({"projection": "simplex", "budget": None}, ConfigError, "needs a budget"),
        ({"projection": "simplex", "cost_aggr_norm": 2}, ConfigError, "cost_aggr_norm=1"),
        ({"projection": "simplex", "max_edges": 2}, ConfigError, "finds by itself"),
    ],
)
def test_bad_arguments_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        build(**options)
    assert issubclass(error, EdgelabError) and issubclass(error, ValueError)


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD])
def test_the_simplex_finds_the_optimum_and_leaves_exact_zeros(optimizer):
    generator = torch.Generator().manual_seed(1)
    edges = torch.combinations(torch.arange(20)).t()
    cost = torch.rand(190, generator=generator, dtype=torch.float64) + 0.5
    target = torch.randn(190, generator=generator, dtype=torch.float64)
    change = build(
        num_nodes=20,
        edge_index=edges,
        cost_p_sum=cost,
        budget=5.0,
        delta_sign="free",
        projection="simplex",
    )
    steps = optimizer(change.parameters(), lr=0.1 if optimizer is torch.optim.SGD else 0.02)
    slower = torch.optim.lr_scheduler.MultiStepLR(steps, [200, 300], gamma=0.2)
    for _ in range(400):
        steps.zero_grad()
        (change.edge_values() - target).square().sum().div(2).backward()
        steps.step()
        slower.step()
        if optimizer is torch.optim.SGD:
            change.renorm_params()
    best = build(
        num_nodes=20,
        edge_index=edges,
        cost_p_sum=cost,
        budget=5.0,
        delta_sign="free",
        projection="simplex",
    )
    best.set_initial_state(target, renorm=False)  # the nearest point to the target is the optimum
    values, optimum = change.edge_values().detach(), best.edge_values().detach()
    torch.testing.assert_close(values, optimum, rtol=0, atol=1e-3)
    assert int((values == 0).sum()) >= 150 and float(
        torch.dot(values.abs(), cost)
    ) == pytest.approx(5, rel=1e-6)


@pytest.mark.parametrize("output", ["matrix", "values", "product"])
def test_a_step_holds_at_most_48_bytes_per_edge(output):
    n_nodes, n_edges = 400, 20_000
    edges = torch.combinations(torch.arange(n_nodes)).t()[:, :n_edges]
    change = build(
        num_nodes=n_nodes, edge_index=edges, cost_p_sum=torch.ones(n_edges), strict_budget=True
    )
    x = torch.ones(n_nodes)
    losses = {
        "matrix": lambda: change().values().square().sum(),
        "values": lambda: change.edge_values().square().sum(),
        "product": lambda: sparse_matmul(change.pattern, change.edge_values(), x).square().sum(),
    }
    losses[output]().backward()  # tables that are made once
    change.delta_adj_raw.grad = None
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        losses[output]().backward()
    events = [
        event for event in profile.profiler.kineto_results.events() if event.name() == "[memory]"
    ]
    held = itertools.accumulate(
        event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())
    )
    assert 0 < max(held) <= 48 * n_edges


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu():
    change = build(strict_budget=True)
    expected = change().to_dense().detach()
    torch.testing.assert_close(change.cuda()().to_dense().cpu(), expected)
    assert build(device="cuda").device.type == "cuda"
