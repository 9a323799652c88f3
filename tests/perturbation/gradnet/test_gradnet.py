import copy
import json
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import CheckpointError, ConfigError, GraphError
from edgelab.perturbation import EdgeMatrix, GradNet
from edgelab.training import save_model

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "gradnet_matrices.json").read_text())
CASES = [case for case in GOLDEN["cases"] if case["kind"] == "gradnet"]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def symmetric(n, seed, density=1.0):
    generator = torch.Generator().manual_seed(seed)
    half = torch.rand(n, n, generator=generator, dtype=torch.float64).triu(1)
    half = half * (torch.rand(n, n, generator=generator) < density)
    return half + half.t()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_reference_numbers(case):
    mask, adj0, cost = (tensor(GOLDEN[name]) for name in ("mask", "adj0", "cost_matrix"))
    if case["backend"] == "sparse":
        mask, adj0, cost = mask.to_sparse(), adj0.to_sparse(), cost.to_sparse()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        net = GradNet(
            case["num_nodes"],
            case["budget"],
            mask,
            adj0,
            delta_sign=case["delta_sign"],
            final_sign=case["final_sign_requested"],
            directed=case["directed"],
            strict_budget=case["strict_budget"],
            cost_matrix=cost,
            cost_aggr_norm=case["p"],
        )
    assert net.final_sign == case["final_sign_effective"]
    if case["edge_index"] is not None:
        assert net.param.edge_index.tolist() == case["edge_index"]
        assert net.param.cost_p_sum.tolist() == pytest.approx(case["cost_p_sum"])
    net.set_initial_state(tensor(case["raw"]), renorm=False)
    matrix = net()
    assert str(matrix.layout) == case["out_layout"]
    torch.testing.assert_close(
        matrix.to_dense().detach(), tensor(case["out_dense"]), rtol=1e-9, atol=1e-12
    )
    i = torch.arange(len(mask), dtype=torch.float64)
    loss = (matrix.to_dense() * torch.sin(1 + 0.7 * i[:, None] + 1.3 * i)).sum()
    assert loss.item() == pytest.approx(case["loss_linear"], abs=1e-12)
    loss.backward()
    torch.testing.assert_close(
        net.param.delta_adj_raw.grad, tensor(case["grad_linear"]), rtol=1e-9, atol=1e-12
    )


@given(
    n=st.integers(2, 7),
    directed=st.booleans(),
    seed=st.integers(0, 10**6),
    sparse=st.tuples(*[st.booleans()] * 2),
)
def test_every_mix_of_dense_and_sparse_gives_the_same_matrix(n, directed, seed, sparse):
    mask, adj0, cost = (symmetric(n, seed + i, 0.6) for i in range(3))
    mask, cost = (mask > 0).double(), cost + 0.1
    if directed:
        mask, adj0 = mask.tril(), adj0.triu() + torch.eye(n, dtype=torch.float64)
    options = {
        "delta_sign": "free",
        "final_sign": "nonnegative",
        "directed": directed,
        "cost_matrix": cost,
    }
    plain = GradNet(n, 2.0, mask, adj0, **options)
    formats = [
        values.to_sparse() if is_sparse else values
        for values, is_sparse in zip((mask, adj0), sparse, strict=True)
    ]
    mixed = GradNet(n, 2.0, *formats, **options)
    raw = torch.rand(n, n, dtype=torch.float64) - 0.5
    raw = raw if directed else raw + raw.t()
    plain.set_initial_state(raw, renorm=False)
    mixed.set_initial_state(raw[tuple(mixed.param.edge_index)] if sparse[0] else raw, renorm=False)
    assert mixed().is_sparse == all(sparse)
    assert isinstance(mixed.matrix(), EdgeMatrix) == all(sparse)
    torch.testing.assert_close(mixed().to_dense(), plain(), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(
        mixed.get_delta_adj().to_dense(), plain.get_delta_adj(), rtol=1e-9, atol=1e-12
    )


def test_a_sparse_graph_never_allocates_all_pairs(monkeypatch):
    n = 200_000
    edges = torch.stack([torch.arange(n - 1), torch.arange(1, n)])
    index = torch.cat([edges, edges.flip(0)], 1)
    mask = torch.sparse_coo_tensor(index, torch.ones(index.shape[1]), (n, n), check_invariants=True)
    net = GradNet(n, 1.0, mask)  # N × N floats would be 160 GB
    matrix = net.matrix()
    (matrix @ torch.ones(n)).square().sum().backward()
    assert net.param.delta_adj_raw.grad.shape == (n - 1,)
    assert net().is_coalesced()


@pytest.mark.parametrize(
    "convert",
    [
        lambda m: m.bool(),
        lambda m: m.int(),
        lambda m: m.to_sparse_csr(),
        lambda m: m.bool().to_sparse(),
        lambda m: m.numpy(),
        lambda m: scipy.sparse.csr_array(m.numpy()),
        lambda m: scipy.sparse.coo_matrix(m.numpy()),
        lambda m: m.tolist(),
    ],
    ids=["bool", "int", "csr", "bool coo", "numpy", "scipy csr", "scipy coo", "list"],
)
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_masks_of_every_kind(convert):
    mask = torch.tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    net = GradNet(3, 4.0, convert(mask), rand_init_weights=False)
    torch.testing.assert_close(net().to_dense().detach(), mask.float())
    assert net.dtype == torch.float32


def test_explicit_zeros_of_a_sparse_mask_do_not_count():
    mask = torch.sparse_coo_tensor(
        [[0, 1, 1, 2], [1, 0, 2, 1]], [1.0, 1, 0, 0], (3, 3), check_invariants=True
    )
    assert GradNet(3, 1.0, mask).param.edge_index.tolist() == [[0], [1]]


@pytest.mark.parametrize("sparse", [False, True])
def test_reflection_and_clipping(sparse):
    # adj0 = 1 and delta = −3 come back up to +2, or stop at 0
    base = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    base = base.to_sparse() if sparse else base
    for rule, expected in (("reflect", 2.0), ("clip", 0.0)):
        net = GradNet(2, 6.0, base.bool(), base, "free", "nonnegative", final_rule=rule)
        net.set_initial_state(torch.full(net.param.delta_adj_raw.shape, -1.0))
        assert net().to_dense()[0, 1].item() == pytest.approx(expected)


def test_opposite_and_violated_signs_warn():
    base = torch.tensor([[0.0, -1.0], [-1.0, 0.0]])
    with pytest.warns(RuntimeWarning, match="opposite directions"):
        GradNet(2, 1.0, delta_sign="nonnegative", final_sign="nonpositive")
    GradNet(2, 1.0, delta_sign="nonpositive", final_sign="nonnegative", final_rule="clip")
    with pytest.warns(RuntimeWarning, match="adj0 violates final_sign='nonnegative'"):
        GradNet(2, 1.0, adj0=base, delta_sign="free", final_sign="nonnegative")
    assert GradNet(2, 1.0, delta_sign="nonnegative", final_sign="NonNegative").final_sign == "free"


@pytest.mark.parametrize("name", ["mask", "adj0", "cost_matrix"])
@pytest.mark.parametrize("sparse", [False, True])
def test_undirected_matrices_must_be_symmetric(name, sparse):
    lopsided = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    lopsided = lopsided.to_sparse() if sparse else lopsided
    with pytest.raises(
        GraphError, match=rf"directed=False requires {name} to be symmetric; got shape \(3, 3\)"
    ):
        GradNet(3, 1.0, **{name: lopsided})
    mask = {"mask": lopsided} if name == "cost_matrix" else {}
    GradNet(3, 1.0, directed=True, **{name: lopsided, **mask})


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"mask": torch.ones(2, 2)}, GraphError, r"mask must have shape \(3, 3\)"),
        ({"mask": torch.full((3, 3), 0.5)}, GraphError, "mask must hold 0 and 1 only"),
        ({"adj0": torch.full((3, 3), float("inf"))}, GraphError, "adj0 holds NaN or infinite"),
        (
            {"cost_matrix": torch.zeros(3, 3)},
            GraphError,
            "6 edges that may change have no cost above 0",
        ),
        ({"delta_sign": "pos"}, ConfigError, "delta_sign must be one of"),
        ({"final_sign": "pos"}, ConfigError, "final_sign must be one of"),
        ({"final_rule": "wrap"}, ConfigError, "unknown final_rule 'wrap'"),
        ({"names": ["A", "B", "A"]}, ConfigError, "3 different names"),
        ({"dtype": "int64"}, ConfigError, "floating-point type"),
        ({"projection": "simplex"}, ConfigError, "need a sparse mask"),
        ({"max_edges": 2}, ConfigError, "need a sparse mask"),
        ({"budget": [1.0, 2.0]}, ConfigError, "several budgets need a sparse mask"),
        (
            {"budget": [1.0], "mask": torch.ones(3, 3).to_sparse()},
            ConfigError,
            "give both, or neither",
        ),
    ],
)
def test_refuses(given, error, message):
    with pytest.raises(error, match=message):
        GradNet(**({"num_nodes": 3, "budget": 1.0} | given))


def test_a_cost_that_a_sparse_matrix_lacks_is_refused():
    mask = (torch.ones(3, 3) - torch.eye(3)).to_sparse()
    cost = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]]).to_sparse()
    with pytest.raises(GraphError, match="1 of them none at all"):
        GradNet(3, 1.0, mask, cost_matrix=cost)


def test_defaults_follow_the_first_matrix():
    assert GradNet(3, 1.0, torch.ones(3, 3, dtype=torch.float64)).dtype == torch.float64
    assert GradNet(3, 1.0, np.ones((3, 3))).dtype == torch.get_default_dtype()
    assert GradNet(3, 1.0, dtype="torch.float64")().dtype == torch.float64
    assert GradNet(3, 1.0).should_renorm_after_step and GradNet(3, 1.0).param.strict_budget
    assert not GradNet(3, None).should_renorm_after_step
    assert not GradNet(3, 1.0, strict_budget=False).should_renorm_after_step


def test_groups_have_budgets_of_their_own():
    mask = torch.ones(4, 4).triu(1)
    groups = torch.ones(4, 4)
    groups[0, :3] = 2
    net = GradNet(4, [3.0, 1.0], mask.to_sparse(), directed=True, groups=groups)
    change = net.get_delta_adj().to_dense()
    assert change[0, :3].sum().item() == pytest.approx(1.0, rel=1e-5)
    assert change.sum().item() == pytest.approx(4.0, rel=1e-5)
    assert net.should_renorm_after_step and net.budget == (3.0, 1.0)
    raw = torch.arange(1.0, 7.0)
    net.set_initial_state(raw, renorm=False)
    torch.testing.assert_close(net.param.delta_adj_raw.detach(), raw)
    net.renorm_params()
    torch.testing.assert_close(net.get_delta_adj().to_dense()[0, :3], torch.tensor([0, 1.0, 4]) / 5)
    again = GradNet.from_config(net.export_config())
    again.load_state_dict(net.state_dict())
    torch.testing.assert_close(again().to_dense(), net().to_dense())


def test_projections_and_edge_counts_pass_through_and_are_reported():
    mask = (torch.ones(5, 5) - torch.eye(5)).to_sparse()
    names = list("ABCDE")
    projected = GradNet(5, 2.0, mask, projection="simplex", names=names)
    assert not projected.should_renorm_after_step
    assert projected.report_budget()["spent"].sum() == pytest.approx(2.0, rel=1e-5)
    assert set(projected.report_budget()["src_func"]) <= set(names)
    few = GradNet(5, 2.0, mask, max_edges=2)
    assert few.to_networkx().number_of_edges() == 2
    for net in (projected, few):
        again = GradNet.from_config(net.export_config())
        again.load_state_dict(net.state_dict())
        assert torch.equal(again().to_dense(), net().to_dense())
    grouped = GradNet(
        2,
        [2.0, 3.0],
        torch.ones(2, 2).to_sparse(),
        directed=True,
        groups=torch.tensor([[1, 1], [2, 2]]),
    )
    report = grouped.report_budget()
    assert report["group"].tolist() == [1, 2] and report["spent"].tolist() == pytest.approx(
        [2.0, 3.0]
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_a_dead_start_warns(sparse):
    mask = torch.ones(3, 3).to_sparse() if sparse else torch.ones(3, 3)
    with pytest.warns(RuntimeWarning, match="dead start"):
        GradNet(3, 1.0, mask, strict_budget=False, rand_init_weights=False)


@pytest.mark.parametrize("order", [0, -3])
@pytest.mark.parametrize("sparse", [False, True])
def test_an_order_that_gives_no_norm_is_refused_whatever_the_mask(order, sparse):
    mask = torch.ones(3, 3).to_sparse() if sparse else torch.ones(3, 3)
    with pytest.raises(ConfigError, match=f"cost_aggr_norm must be a positive .* got {order}"):
        GradNet(3, 1.0, mask, cost_matrix=torch.full((3, 3), 2.0), cost_aggr_norm=order)


def test_edges_outside_all_groups_are_refused():
    with pytest.raises(GraphError, match="belong to none of the 1 groups, first: 0 -> 1"):
        GradNet(2, [1.0], torch.ones(2, 2).to_sparse(), groups=torch.zeros(2, 2))


@pytest.mark.parametrize("sparse", [False, True])
def test_a_file_keeps_everything(sparse, tmp_path):
    mask, adj0 = (symmetric(5, 0) > 0).double(), symmetric(5, 1)
    cost, names = symmetric(5, 2) + 1, list("ABCDE")
    if sparse:
        mask, adj0 = mask.to_sparse(), adj0.to_sparse()
    net = GradNet(
        5, 2.0, mask, adj0, "free", "nonnegative", cost_matrix=cost, cost_aggr_norm=2, names=names
    )
    net.save(tmp_path / "net.safetensors")
    again = GradNet.from_checkpoint(tmp_path / "net.safetensors")
    assert torch.equal(again().to_dense(), net().to_dense())
    assert repr(again) == repr(net) and again.names == names
    twin = copy.deepcopy(net)
    assert torch.equal(twin().to_dense(), net().to_dense())


def test_a_file_of_something_else_is_refused(tmp_path):
    save_model(tmp_path / "other.safetensors", {"weight": torch.ones(1)}, {})
    with pytest.raises(CheckpointError, match="holds no perturbed graph"):
        GradNet.from_checkpoint(tmp_path / "other.safetensors")


def test_out_of_torch():
    net = GradNet(
        3, 2.0, torch.ones(3, 3), directed=False, rand_init_weights=False, names=["A", "B", "C"]
    )
    np.testing.assert_allclose(net.to_numpy(), (np.ones((3, 3)) - np.eye(3)) / 3, rtol=1e-6)
    graph = net.to_networkx()
    assert isinstance(graph, nx.Graph) and not graph.is_directed()
    with pytest.raises(ConfigError, match="needs a sparse mask"):
        net.report_budget()
    assert sorted(graph.edges) == [("A", "B"), ("A", "C"), ("B", "C")]
    directed = GradNet(3, 2.0, torch.eye(3).roll(1, 1), directed=True).to_networkx()
    assert directed.is_directed() and sorted(directed.edges) == [(0, 1), (1, 2), (2, 0)]


def test_moves_with_its_patterns():
    net = GradNet(
        3, 2.0, torch.ones(3, 3).to_sparse(), symmetric(3, 0).float().to_sparse()
    ).double()
    assert net().dtype == torch.float64 and net.matrix().diagonal is None
