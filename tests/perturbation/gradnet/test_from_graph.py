import pandas as pd
import pytest
import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES, build_graph
from edgelab.perturbation import FitConfig, GradNet, fit


@pytest.fixture
def data():
    edges = pd.DataFrame(
        {"source": ["A", "B", "C"], "target": ["B", "C", "A"], "weight": [0.5, -1.0, 2.0]}
    )
    return build_graph(edges, input_edges=[("drug", "A"), ("drug", "C")], output_edges=[("C", "A")])


def edges_of(net, delta=True):
    matrix = (net.get_delta_adj() if delta else net.adj0).to_dense()
    return {
        (net.names[i], net.names[j]): round(matrix[i, j].item(), 4)
        for i, j in matrix.nonzero().tolist()
    }


def test_existing_edges_with_their_weights(data):
    net = GradNet.from_graph(data, 3.0, rand_init_weights=False)
    assert net.directed and net.names == ["A", "B", "C"] and net().is_sparse
    assert edges_of(net, delta=False) == {("A", "B"): 0.5, ("B", "C"): -1.0, ("C", "A"): 2.0}
    assert edges_of(net) == {("A", "B"): 1.0, ("B", "C"): 1.0, ("C", "A"): 1.0}


@pytest.mark.parametrize(
    ("allow", "expected"),
    [
        ("candidates", {("B", "A"), ("C", "B"), ("A", "C")}),
        (torch.tensor([[0, 1, 1], [0, 0, 0], [0, 0, 0]]), {("A", "B"), ("A", "C")}),
        (torch.tensor([[False, True, False]] * 3).to_sparse(), {("A", "B"), ("C", "B")}),
        (pd.DataFrame({"source": ["C"], "target": ["B"]}), {("C", "B")}),
        (
            pd.DataFrame({"src_func": ["C", "A"], "dst_func": ["B", "B"], "score": [2.0, 1.0]}),
            {("C", "B"), ("A", "B")},
        ),
    ],
)
def test_what_may_change(data, allow, expected):
    assert set(edges_of(GradNet.from_graph(data, 3.0, allow=allow))) == expected


def test_costs_by_name_by_number_and_by_tensor(data):
    table = pd.DataFrame(
        {"source": ["C", "A", "B"], "target": ["A", "B", "C"], "cost": [4.0, 1.0, 2.0]}
    )
    for cost, expected in (
        (table, [1.0, 2.0, 4.0]),
        (3, [3.0, 3.0, 3.0]),
        (torch.tensor([5.0, 6, 7]), [5.0, 6.0, 7.0]),
    ):
        assert GradNet.from_graph(data, 1.0, cost=cost).param.cost_p_sum.tolist() == expected


def test_candidates_have_one_cost_each_and_no_loops(data):
    net = GradNet.from_graph(data, 1.0, allow="candidates", cost=torch.tensor([5.0, 6.0, 7.0]))
    assert net.param.cost_p_sum.tolist() == [5.0, 6.0, 7.0]


def test_a_budget_for_each_type(data):
    budget = {FUNCTION_EDGES: 2.0, INPUT_EDGES: 5.0, OUTPUT_EDGES: None}
    allow = {FUNCTION_EDGES: "candidates", INPUT_EDGES: "existing", OUTPUT_EDGES: "candidates"}
    net = GradNet.from_graph(data, budget, edge_type=list(budget), allow=allow)
    # the function A and the output A are two nodes
    assert net.names == ["input drug", "function A", "function B", "function C", "output A"]
    change = edges_of(net)
    spent = {
        kind: sum(v for (a, b), v in change.items() if (a.split()[0], b.split()[0]) == kind)
        for kind in [("function", "function"), ("input", "function")]
    }
    assert spent[("function", "function")] == pytest.approx(2, abs=1e-3)
    assert spent[("input", "function")] == pytest.approx(5, abs=1e-3)
    assert ("function A", "output A") in change and ("function C", "output A") not in change
    assert len(edges_of(net, delta=False)) == 6
    again = GradNet.from_config(net.export_config())
    assert again.budget == (2.0, 5.0, None)


def test_one_budget_for_several_types(data):
    net = GradNet.from_graph(
        data,
        4.0,
        edge_type=[INPUT_EDGES, FUNCTION_EDGES],
        cost={INPUT_EDGES: 2.0, FUNCTION_EDGES: 1.0},
    )
    spent = (net.param.edge_values() * net.param.cost_p_sum).sum().item()
    assert spent == pytest.approx(4.0, rel=1e-5) and net.budget == 4.0


def test_a_fit_finds_the_way_by_which_a_signal_arrives(data):
    # The signal of A that reaches C is w(A→B) · w(B→C) = (0.5 + a)(−1 + b). Downwards from here it
    # is best with |a| + |b| = 2 at a = −1.75, b = −0.25: 1.25 · 1.25.
    net = GradNet.from_graph(data, 2.0, delta_sign="free", dtype=torch.float64)
    net.set_initial_state([-1.0, -1.0, 0.1])
    start = torch.tensor([1.0, 0, 0], dtype=torch.float64)

    def missing_signal(net):
        arrows = net.matrix().T
        return -(arrows @ (arrows @ start))[2]

    result = fit(net, missing_signal, 300, FitConfig(lr=0.05, schedule="cosine", progress=False))
    assert result.losses[-1] == pytest.approx(-(1.25**2), abs=1e-3)
    assert edges_of(net)[("A", "B")] == pytest.approx(-1.75, abs=0.02)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"allow": "all"}, ConfigError, "allow must be 'existing', 'candidates'"),
        ({"allow": torch.ones(2, 2)}, GraphError, r"allow must have shape \(3, 3\)"),
        ({"allow": pd.DataFrame({"source": ["A"], "target": ["D"]})}, GraphError, "first: 'D'"),
        (
            {"allow": pd.DataFrame({"from": ["A"]})},
            GraphError,
            "needs columns 'source' and 'target'",
        ),
        ({"allow": {INPUT_EDGES: "existing"}}, ConfigError, "lacks"),
        ({"cost": torch.ones(2)}, GraphError, "one number for each of the 3 edges"),
        (
            {"cost": pd.DataFrame({"source": ["A"], "target": ["B"]})},
            GraphError,
            "needs a column 'cost'",
        ),
        (
            {"cost": pd.DataFrame({"source": ["A"], "target": ["B"], "cost": [1.0]})},
            GraphError,
            "2 edges that may change",
        ),
        (
            {"cost": pd.DataFrame({"source": ["A"] * 2, "target": ["B"] * 2, "cost": [1.0, 2]})},
            GraphError,
            "twice",
        ),
        (
            {"cost": pd.DataFrame({"source": list("AB"), "target": list("BC"), "cost": [1, "x"]})},
            GraphError,
            r"no cost in the table, first: \('C', 'A'\)",
        ),
        (
            {
                "cost": pd.DataFrame(
                    {"source": list("ABC"), "target": list("BCA"), "cost": [1, "x", 2]}
                )
            },
            GraphError,
            r"no positive numbers, first: 'x' of \('B', 'C'\)",
        ),
        ({"cost": -1.0}, GraphError, "no cost above 0"),
        (
            {"edge_type": ("function", "to", "input")},
            ConfigError,
            "edge_type must be one or several",
        ),
        ({"edge_type": [FUNCTION_EDGES, FUNCTION_EDGES]}, ConfigError, "several different"),
        ({"edge_type": []}, ConfigError, "edge_type must be one or several"),
        ({"budget": {INPUT_EDGES: 1.0}}, ConfigError, "budget must name every type"),
    ],
)
def test_refuses(data, given, error, message):
    with pytest.raises(error, match=message):
        GradNet.from_graph(data, **({"budget": 1.0} | given))
