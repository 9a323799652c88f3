"""The two differentiable products: values against dense matrices, gradients against finite
differences.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import EdgeWiring, edges_to_nodes, nodes_to_edges

# Functions 0 … 4, inputs 5 and 6, outputs 7 and 8. Function 3 has no edge in, function 4 none out,
# 2 is isolated.
SOURCE = torch.tensor([0, 1, 0, 3, 3, 5, 5, 6, 0, 3, 1, 1])
TARGET = torch.tensor([1, 0, 0, 0, 4, 0, 1, 4, 7, 7, 8, 4])
N_FUNCTIONS = 5


@pytest.fixture
def wiring() -> EdgeWiring:
    return EdgeWiring(SOURCE, TARGET, N_FUNCTIONS, channels=2)


def normal(*shape: int, seed: int = 0, grad: bool = True) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_(grad)


def rows_of(edge_values: torch.Tensor, wiring: EdgeWiring) -> torch.Tensor:
    """A state with the given values on its edges, zero in padding (as the model makes it)."""
    return edge_values.new_zeros(wiring.n_rows, edge_values.shape[1]).index_copy(
        0, wiring.row_of_edge, edge_values
    )


def inward(values, weight, bias, wiring):
    """Values by edge to channels by node: the product as its user sees it."""
    return edges_to_nodes(rows_of(values, wiring), weight, bias, wiring)[0][
        wiring.inward.rank_of_node
    ]


def outward(hidden, weight, bias, state, scale, wiring):
    state = None if state is None else rows_of(state, wiring)
    return nodes_to_edges(hidden[wiring.inward.node_of_rank], weight, bias, state, scale, wiring)[
        wiring.row_of_edge
    ]


def dense_inward(wiring: EdgeWiring, source, target, weight) -> torch.Tensor:
    """[nodes, channels, edges]."""
    matrix = weight.new_zeros(wiring.n_functions, weight.shape[1], len(source))
    for row, edge in enumerate((target < wiring.n_functions).nonzero().flatten().tolist()):
        matrix[target[edge], :, edge] = weight[row]
    return matrix


def dense_outward(wiring: EdgeWiring, source, target, weight) -> torch.Tensor:
    """[edges, nodes, channels]."""
    matrix = weight.new_zeros(len(source), wiring.n_functions, weight.shape[1])
    for row, edge in enumerate((source < wiring.n_functions).nonzero().flatten().tolist()):
        matrix[edge, source[edge]] = weight[row]
    return matrix


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 5))
    functions = st.integers(0, n - 1)
    edge = st.one_of(
        st.tuples(functions, functions),
        st.tuples(st.just(n), functions),
        st.tuples(functions, st.just(n + 1)),
    )
    ends = torch.tensor(draw(st.lists(edge, max_size=20)), dtype=torch.int64).reshape(-1, 2)
    return ends[:, 0].contiguous(), ends[:, 1].contiguous(), n


@given(graphs(), st.integers(1, 3), st.integers(0, 3))
def test_inward_equals_its_dense_matrix(graph, channels, batch):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n, channels)
    values, weight = normal(len(source), batch), normal(len(wiring.into_function), channels, seed=1)
    bias = normal(n, channels, seed=2)
    expected = torch.einsum(
        "nce,eb->ncb", dense_inward(wiring, source, target, weight), values
    ) + bias.unsqueeze(2)
    torch.testing.assert_close(inward(values, weight, bias, wiring), expected)


@given(graphs(), st.integers(1, 3), st.integers(0, 3))
def test_outward_equals_its_dense_matrix(graph, channels, batch):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n, channels)
    hidden, state = normal(n, channels, batch), normal(len(source), batch, seed=1)
    weight, bias = (
        normal(len(wiring.out_of_function), channels, seed=2),
        normal(len(source), seed=3),
    )
    scale = torch.tensor(0.7, dtype=torch.float64)
    expected = torch.einsum("enc,ncb->eb", dense_outward(wiring, source, target, weight), hidden)
    expected = expected + bias.unsqueeze(1) + scale * state
    torch.testing.assert_close(outward(hidden, weight, bias, state, scale, wiring), expected)


@pytest.mark.parametrize("with_bias", [True, False])
def test_inward_gradients(wiring, with_bias):
    values, weight = normal(wiring.n_edges, 3), normal(len(wiring.into_function), 2, seed=1)
    bias = normal(N_FUNCTIONS, 2, seed=2) if with_bias else None
    assert torch.autograd.gradcheck(lambda *given: inward(*given, wiring), (values, weight, bias))


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("residual", [True, False])
def test_outward_gradients(wiring, with_bias, residual):
    hidden, weight = normal(N_FUNCTIONS, 2, 3), normal(len(wiring.out_of_function), 2, seed=1)
    bias = normal(wiring.n_edges, seed=2) if with_bias else None
    state = normal(wiring.n_edges, 3, seed=3) if residual else None
    scale = torch.tensor(0.7, dtype=torch.float64, requires_grad=True) if residual else None
    assert torch.autograd.gradcheck(
        lambda *given: outward(*given, wiring), (hidden, weight, bias, state, scale)
    )


def test_the_returned_state_carries_its_own_gradient(wiring):
    """A block uses the state twice: in the product, and in its residual."""
    values, weight = normal(wiring.n_edges, 3), normal(len(wiring.into_function), 2, seed=1)

    def both(values, weight):
        z, state = edges_to_nodes(rows_of(values, wiring), weight, None, wiring)
        return z, state[wiring.row_of_edge]

    assert torch.autograd.gradcheck(both, (values, weight))


@pytest.mark.parametrize("frozen", range(5))
def test_a_frozen_operand_costs_the_others_no_gradient(wiring, frozen):
    operands = [
        normal(N_FUNCTIONS, 2, 3),
        normal(len(wiring.out_of_function), 2, seed=1),
        normal(wiring.n_edges, seed=2),
        normal(wiring.n_edges, 3, seed=3),
        torch.tensor(0.7, dtype=torch.float64, requires_grad=True),
    ]
    complete = torch.autograd.grad(outward(*operands, wiring).square().sum(), operands)
    operands[frozen] = operands[frozen].detach()
    rest = [i for i in range(5) if i != frozen]
    partial = torch.autograd.grad(
        outward(*operands, wiring).square().sum(), [operands[i] for i in rest]
    )
    for i, gradient in zip(rest, partial, strict=True):
        torch.testing.assert_close(gradient, complete[i])


def test_non_contiguous_operands_and_gradients_are_fine(wiring):
    values, weight = normal(3, wiring.n_edges).t(), normal(2, len(wiring.into_function), seed=1).t()
    z = inward(values, weight, None, wiring)
    torch.testing.assert_close(z, inward(values.contiguous(), weight.contiguous(), None, wiring))
    (z * normal(3, 2, N_FUNCTIONS, grad=False).permute(2, 1, 0)).sum().backward()


def test_padding_never_leaks_into_values_or_gradients():
    """Function 0 has one edge in, function 1 five: padded rows exist. Their content must not
    matter.
    """
    source, target = torch.tensor([2, 2, 2, 2, 2, 0]), torch.tensor([0, 1, 1, 1, 1, 1])
    wiring = EdgeWiring(source, target, n_functions=2, channels=2)
    padding = wiring.edge_of_row < 0
    assert padding.any()
    weight = normal(6, 2)
    clean = rows_of(normal(6, 3, seed=1, grad=False), wiring)
    dirty = clean.clone().masked_fill(padding.unsqueeze(1), 1e6).requires_grad_()
    z, _ = edges_to_nodes(dirty, weight, None, wiring)
    torch.testing.assert_close(z, edges_to_nodes(clean, weight, None, wiring)[0])
    gradients = torch.autograd.grad(z.square().sum(), (dirty, weight))
    assert (gradients[0][padding] == 0).all()
    expected = torch.autograd.grad(
        edges_to_nodes(clean, weight, None, wiring)[0].square().sum(), weight
    )[0]
    torch.testing.assert_close(gradients[1], expected)


def test_differentiating_twice_is_refused(wiring):
    values, weight = normal(wiring.n_edges, 3), normal(len(wiring.into_function), 2, seed=1)
    z = inward(values, weight, None, wiring)
    gradient = torch.autograd.grad(z.square().sum(), weight, create_graph=True)[0]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_autocast_lowers_float32_and_leaves_float64(wiring):
    values, weight = normal(wiring.n_edges, 3), normal(len(wiring.into_function), 2, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        assert inward(values.float(), weight.float(), None, wiring).dtype == torch.bfloat16
        assert inward(values, weight, None, wiring).dtype == torch.float64
