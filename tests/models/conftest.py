"""A small graph with every kind of node, and a GSNN computed with dense matrices."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from edgelab.models import GSNN

NAMES = {
    "input": ["i0", "i1", "i2"],
    "function": ["a", "b", "c", "d", "lone"],
    "output": ["o0", "o1", "silent"],
}
# i0 feeds two functions, i2 none; c has no edge but to o1; d has several edges in; `lone` is
# isolated; o1 reads two.
EDGE_INDEX = {
    ("function", "to", "function"): [[0, 0, 1, 1, 3], [1, 3, 3, 0, 3]],
    ("input", "to", "function"): [[0, 0, 1], [0, 1, 0]],
    ("function", "to", "output"): [[3, 2, 1], [0, 1, 1]],
}
N_EDGES = 5 + 3 + 3 + 5


@pytest.fixture(scope="session")
def edge_index() -> dict[tuple[str, str, str], Tensor]:
    return {kind: torch.tensor(index) for kind, index in EDGE_INDEX.items()}


@pytest.fixture(scope="session")
def names() -> dict[str, list[str]]:
    return NAMES


@pytest.fixture(scope="session")
def small_model(edge_index) -> Callable[..., GSNN]:
    """Builder of models of the small graph; every parameter random, so that none hides behind a
    zero.
    """

    def build(seed: int = 0, **options) -> GSNN:
        torch.manual_seed(seed)
        model = GSNN(
            edge_index, NAMES, **{"channels": 3, "layers": 3, "share_layers": False, **options}
        )
        return randomise(model, seed)

    return build


@pytest.fixture(scope="session")
def small_x() -> Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="session")
def dense_forward() -> Callable[..., Tensor]:
    return forward_by_dense_matrices


def randomise(model: GSNN, seed: int = 0) -> GSNN:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.3 * noise.to(parameter))
    return model


def forward_by_dense_matrices(
    model: GSNN,
    x: Tensor,
    *,
    nonlin: Callable[[Tensor], Tensor] = torch.nn.functional.elu,
    norm: Callable[[Tensor, int], Tensor] = lambda hidden, layer: hidden,
    node_mask: Tensor | float = 1.0,
    edge_mask: Tensor | float = 1.0,
    activations: list[Tensor] | None = None,
) -> Tensor:
    """What a GSNN predicts, written with one dense matrix per sparse layer and no code of the
    package.

    Reads from the model only names, sizes and coordinates. `norm` takes `[batch, nodes, channels]`
    and the layer."""
    n_nodes, channels = len(model.function_names), model.channels
    edges = [edge for edge in model.edges for _ in range(model.edge_channels)]
    kinds = edge_kinds(model)
    # A graph without edges depends on nothing: 0 · x keeps everything differentiable.
    state = x.new_zeros(len(x), len(edges)) + 0 * x.sum()
    for column, ((source, _), kind) in enumerate(zip(edges, kinds, strict=True)):
        if kind == "input":
            state[:, column] = x[:, model.input_names.index(source)]
    state = state * edge_mask
    for layer, block in enumerate(model.blocks):
        hidden = state @ dense(block.lin_in, len(edges), n_nodes * channels, x)
        if block.lin_in.bias is not None:
            hidden = hidden + block.lin_in.to_coo()[2]
        hidden = hidden.view(len(x), n_nodes, channels)
        if activations is not None:
            activations.append(hidden)
        hidden = nonlin(norm(hidden, layer)) * node_mask
        sent = hidden.flatten(1) @ dense(block.lin_out, n_nodes * channels, len(edges), x)
        if block.lin_out.bias is not None:
            sent = sent + block.lin_out.to_coo()[2]
        state = (
            sent
            if block.residual_weight is None
            else sent + block.residual_weight.detach().relu() * state
        )
        state = state * edge_mask
    prediction = x.new_zeros(len(x), len(model.output_names)) + 0 * x.sum()
    for output, name in enumerate(model.output_names):
        columns = [
            column
            for column, ((_, target), kind) in enumerate(zip(edges, kinds, strict=True))
            if kind == "output" and target == name
        ]
        prediction[:, output] = state[:, columns].sum(1) / max(len(columns), 1) ** 0.5
    return prediction / (model.layers**0.5 if model.blocks[0].residual_weight is not None else 1.0)


def edge_kinds(model: GSNN) -> list[str]:
    """Node names may repeat between types, so the kind of an edge comes from its place in the order
    of edges.
    """
    inputs, outputs = set(model.input_names), set(model.output_names)
    kinds = [
        "input" if s in inputs else "output" if t in outputs else "function" for s, t in model.edges
    ]
    return [kind for kind in kinds for _ in range(model.edge_channels)]


def dense(layer: torch.nn.Module, rows: int, columns: int, like: Tensor) -> Tensor:
    index, values, _ = layer.to_coo()
    matrix = like.new_zeros(rows, columns)
    matrix[index[0], index[1]] = values
    return matrix
