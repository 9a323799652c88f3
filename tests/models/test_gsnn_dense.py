"""A GSNN against the same model written with dense matrices, on random graphs; and what relabelling
must not change.
"""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.models import GSNN

KINDS = (("function", "to", "function"), ("input", "to", "function"), ("function", "to", "output"))


@st.composite
def problems(draw) -> tuple[dict, dict, int, int]:
    """Graph of up to 6 functions, any edges (none, self edges, several per input and output),
    options, seed, batch.
    """
    n = {
        kind: draw(st.integers(1, most))
        for kind, most in (("input", 3), ("function", 6), ("output", 3))
    }
    index = {}
    for kind in KINDS:
        every = [(s, t) for s in range(n[kind[0]]) for t in range(n[kind[2]])]
        index[kind] = draw(st.lists(st.sampled_from(every), unique=True, max_size=14))
    options = {
        "channels": draw(st.integers(1, 4)),
        "layers": draw(st.integers(1, 3)),
        "edge_channels": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "share_layers": draw(st.booleans()),
        "add_function_self_edges": draw(st.booleans()),
        "residual": draw(st.booleans()),
    }
    graph = {"n": n, "index": index}
    return graph, options, draw(st.integers(0, 10**6)), draw(st.integers(0, 3))


def build(graph: dict, options: dict, seed: int) -> GSNN:
    index = {
        kind: torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).t()
        for kind, pairs in graph["index"].items()
    }
    names = {kind: [f"{kind[0]}{i}" for i in range(size)] for kind, size in graph["n"].items()}
    torch.manual_seed(seed)
    model = GSNN(index, names, **{"norm": "none", "dtype": torch.float64, **options})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def inputs(graph: dict, batch: int) -> torch.Tensor:
    return torch.randn(batch, graph["n"]["input"], dtype=torch.float64)


@settings(deadline=None, max_examples=150)
@given(problems())
def test_predictions_equal_those_of_dense_matrices(dense_forward, problem):
    graph, options, seed, batch = problem
    model = build(graph, options, seed)
    x = inputs(graph, batch)
    torch.testing.assert_close(model(x), dense_forward(model, x))


@settings(deadline=None, max_examples=40)
@given(problems())
def test_gradients_equal_those_of_dense_matrices(dense_forward, problem):
    """The gradient of the loss by x and by what every function holds, from autograd on the dense
    model.
    """
    graph, options, seed, batch = problem
    model, inside = build(graph, options, seed), []
    x = inputs(graph, batch).requires_grad_()
    with model.capture() as cache:
        ours = torch.autograd.grad(model(x).square().sum(), x)[0]
        gradients = cache.gradients_of(model(x).square().sum())
    loss = dense_forward(model, x, activations=inside).square().sum()
    expected = torch.autograd.grad(loss, [x, *inside], materialize_grads=True)
    torch.testing.assert_close(ours, expected[0])
    torch.testing.assert_close(cache.activations, torch.stack(inside).detach())
    torch.testing.assert_close(gradients, torch.stack(expected[1:]))


@settings(deadline=None, max_examples=40)
@given(problems(), st.booleans())
def test_masks_equal_dense_multiplication(dense_forward, problem, per_sample):
    graph, options, seed, batch = problem
    model = build(graph, options, seed)
    x = inputs(graph, batch)
    rows = (batch,) if per_sample else ()
    nodes = torch.rand(*rows, model.n_functions, dtype=torch.float64)
    edges = torch.rand(*rows, len(model.edges), dtype=torch.float64)
    expected = dense_forward(
        model,
        x,
        node_mask=nodes.unsqueeze(-1),
        edge_mask=edges.repeat_interleave(model.edge_channels, -1),
    )
    torch.testing.assert_close(model(x, node_mask=nodes, edge_mask=edges), expected)


@settings(deadline=None, max_examples=40)
@given(
    problems(),
    st.sampled_from(["none", "layer", "batch", "groupbatch", "rms", "softmax", "edgebatch"]),
)
def test_relabelled_nodes_with_the_same_weights_predict_the_same(problem, norm):
    """Functions and edges come in another order; weights follow their names. Only rounding may
    differ.
    """
    graph, options, seed, _ = problem
    options = {**options, "norm": norm, "edge_channels": 1}
    generator = torch.Generator().manual_seed(seed)
    place = torch.randperm(graph["n"]["function"], generator=generator).tolist()
    first = build(graph, options, seed)
    second = build(relabelled(graph, place), options, seed + 1)
    names = tuple(first.function_names[old] for old in inverse(place))
    second.graph = dataclasses.replace(second.graph, functions=names)
    transfer(first, second)
    x = inputs(graph, 3)
    torch.testing.assert_close(second(x), first(x))


def relabelled(graph: dict, place: list[int]) -> dict:
    moved = {}
    for kind, pairs in graph["index"].items():
        source = place if kind[0] == "function" else range(graph["n"][kind[0]])
        target = place if kind[2] == "function" else range(graph["n"][kind[2]])
        moved[kind] = [(source[s], target[t]) for s, t in reversed(pairs)]
    return {"n": graph["n"], "index": moved}


def inverse(place: list[int]) -> list[int]:
    return [place.index(new) for new in range(len(place))]


def transfer(first: GSNN, second: GSNN) -> None:
    """Copy weights by the names of edges and functions, through coordinates; norms keep their
    initial 1 and 0.
    """
    channels = first.channels
    edge = {pair: i for i, pair in enumerate(keyed_edges(first))}
    to_first_edge = torch.tensor([edge[pair] for pair in keyed_edges(second)], dtype=torch.int64)
    to_first_node = torch.tensor(
        [first.function_names.index(name) for name in second.function_names]
    )
    to_first_row = (to_first_node[:, None] * channels + torch.arange(channels)).flatten()
    for ours, theirs in zip(first.blocks, second.blocks, strict=True):
        for name, rows, columns in (
            ("lin_in", to_first_edge, to_first_row),
            ("lin_out", to_first_row, to_first_edge),
        ):
            index, values, bias = getattr(ours, name).to_coo()
            matrix = torch.zeros(10**3, 10**3, dtype=values.dtype)
            matrix[index[0], index[1]] = values
            layer = getattr(theirs, name)
            own = layer.to_coo()[0]
            layer.load_coo(
                own, matrix[rows[own[0]], columns[own[1]]], None if bias is None else bias[columns]
            )
        if ours.residual_weight is not None:
            theirs.residual_weight.data.copy_(ours.residual_weight.data)
        for norm in (ours.norm, theirs.norm, ours.edge_norm, theirs.edge_norm):
            for parameter_name, parameter in [] if norm is None else norm.named_parameters():
                parameter.data.fill_(1.0 if parameter_name == "weight" else 0.0)


def keyed_edges(model: GSNN) -> list[tuple[str, str, int]]:
    """Edges by name; a given self edge and an added one are told apart by counting."""
    seen: dict[tuple[str, str], int] = {}
    keys = []
    for pair in model.edges:
        seen[pair] = seen.get(pair, -1) + 1
        keys.append((*pair, seen[pair]))
    return keys


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_a_single_function_without_function_edges(dense_forward, batch):
    graph = {
        "n": {"input": 1, "function": 1, "output": 1},
        "index": {KINDS[0]: [], KINDS[1]: [(0, 0)], KINDS[2]: [(0, 0)]},
    }
    for self_edges in (True, False):
        model = build(
            graph, {"channels": 1, "layers": 2, "add_function_self_edges": self_edges}, seed=0
        )
        x = inputs(graph, batch)
        torch.testing.assert_close(model(x), dense_forward(model, x))
