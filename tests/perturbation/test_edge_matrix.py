import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, GraphError
from edgelab.ops import SparsePattern
from edgelab.perturbation import (
    EdgeMatrix,
    as_matrix,
    laplacian,
    prune_edges,
    regularization_loss,
    to_networkx,
    to_numpy,
    to_scipy,
)


def random_matrix(n, seed, *, symmetric, density=0.4):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(n, n, generator=generator, dtype=torch.float64)
    values *= torch.rand(n, n, generator=generator) < density
    return values.triu(1) + values.triu(1).t() if symmetric else values


def as_edges(dense, *, mirrored=False, diagonal=False):
    """The same numbers as an EdgeMatrix."""
    loops = dense.diagonal().clone() if diagonal else None
    rest = dense - torch.diag(loops) if diagonal else dense
    index = (rest.triu() if mirrored else rest).nonzero().t()
    pattern = SparsePattern(index, len(dense), mirrored=mirrored)
    return EdgeMatrix(pattern=pattern, values=rest[tuple(index)], diagonal=loops)


kinds = {
    "n": st.integers(1, 7),
    "seed": st.integers(0, 10**6),
    "mirrored": st.booleans(),
    "diagonal": st.booleans(),
    "transposed": st.booleans(),
}


@given(**kinds)
def test_does_what_the_dense_matrix_does(n, seed, mirrored, diagonal, transposed):
    dense = random_matrix(n, seed, symmetric=mirrored)
    matrix = as_edges(dense, mirrored=mirrored, diagonal=diagonal and not mirrored)
    if transposed:
        dense, matrix = dense.t(), matrix.T
    vector = torch.randn(n, dtype=torch.float64)
    table = torch.randn(n, 3, dtype=torch.complex128)
    torch.testing.assert_close(matrix @ vector, dense @ vector)
    torch.testing.assert_close(matrix @ table, dense.to(table.dtype) @ table)
    torch.testing.assert_close(matrix.row_sums(), dense.sum(1))
    torch.testing.assert_close(matrix.to_dense(), dense)
    torch.testing.assert_close(matrix.to_sparse_coo().to_dense(), dense)
    torch.testing.assert_close((-2 * matrix).to_dense(), -2 * dense)
    assert to_numpy(matrix).tolist() == dense.tolist()
    assert to_scipy(matrix).toarray().tolist() == dense.tolist()


@given(**kinds)
def test_laplacian_and_penalty_are_those_of_the_dense_matrix(
    n, seed, mirrored, diagonal, transposed
):
    dense = random_matrix(n, seed, symmetric=mirrored)
    matrix = as_edges(dense, mirrored=mirrored, diagonal=diagonal and not mirrored)
    if transposed:
        dense, matrix = dense.t(), matrix.T
    expected = torch.diag(dense.sum(1)) - dense
    for given_as in (matrix, dense.to_sparse(), dense):
        torch.testing.assert_close(laplacian(given_as).to_dense(), expected)
        torch.testing.assert_close(regularization_loss(given_as), dense.abs().log1p().sum() / n)


def test_laplacian_of_a_graph_with_loops_that_the_pattern_holds():
    dense = torch.tensor([[5.0, 1.0], [2.0, 0.0]])
    sparse = laplacian(dense.to_sparse())
    assert sparse.to_dense().tolist() == [[1.0, -1.0], [-2.0, 2.0]]
    assert regularization_loss(sparse).item() == pytest.approx(
        regularization_loss(laplacian(dense)).item()
    )


def test_gradients_and_their_gradients():
    dense = random_matrix(4, 3, symmetric=True, density=0.9)
    index = dense.triu().nonzero().t()
    pattern, x = SparsePattern(index, 4, mirrored=True), torch.randn(4, 2, dtype=torch.float64)

    def squares(values):
        matrix = EdgeMatrix(pattern=pattern, values=values)
        return (
            (laplacian(matrix) @ x).square().sum()
            + matrix.to_dense().pow(3).sum()
            + regularization_loss(matrix)
        )

    values = dense[tuple(index)].requires_grad_()
    assert torch.autograd.gradcheck(squares, values)
    assert torch.autograd.gradgradcheck(squares, values)


def test_gradients_reach_a_sparse_tensor():
    values = torch.tensor([2.0, 3.0], requires_grad=True)
    matrix = as_matrix(
        torch.sparse_coo_tensor([[0, 1], [1, 0]], values, (2, 2), check_invariants=True)
    )
    (matrix @ torch.tensor([1.0, 10.0])).sum().backward()
    assert values.grad.tolist() == [10.0, 1.0]


def every_kind(dense):
    mirrored = torch.equal(dense, dense.t()) and not dense.diagonal().any()
    return [dense, dense.to_sparse(), as_edges(dense, mirrored=mirrored)]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"threshold": 2.0}, [[0, 0, 2.4], [0, 0, 3.6], [2.4, 3.6, 0]]),
        ({"n_edges": 1}, [[0, 0, 0], [0, 0, 6], [0, 6, 0]]),
        ({"n_edges": 1, "renormalise": False}, [[0, 0, 0], [0, 0, 3], [0, 3, 0]]),
        ({"n_edges": 3}, [[0, 1, 2], [1, 0, 3], [2, 3, 0]]),
        ({"n_edges": 0}, [[0, 0, 0]] * 3),
        ({"n_edges": 3, "directed": True, "renormalise": False}, [[0, 0, 2], [0, 0, 3], [0, 3, 0]]),
    ],
)
def test_pruning_by_hand(how, expected):
    dense = torch.tensor([[0.0, 1, 2], [1, 0, 3], [2, 3, 0]])
    for matrix in every_kind(dense):
        pruned = prune_edges(matrix, **how)
        assert type(pruned) is type(matrix)
        torch.testing.assert_close(pruned.to_dense(), torch.tensor(expected, dtype=torch.float32))


@given(
    n=st.integers(2, 7),
    seed=st.integers(0, 10**6),
    n_edges=st.integers(0, 30),
    symmetric=st.booleans(),
)
def test_pruning_keeps_the_largest_and_their_sum(n, seed, n_edges, symmetric):
    dense = random_matrix(n, seed, symmetric=symmetric).round(decimals=0)  # many ties
    n_before = int(dense.triu().count_nonzero() if symmetric else dense.count_nonzero())
    for matrix in every_kind(dense):
        pruned = prune_edges(matrix, n_edges=n_edges, directed=not symmetric).to_dense()
        kept = pruned != 0
        assert int(kept.triu().sum() if symmetric else kept.sum()) == min(n_edges, n_before)
        if kept.any():
            assert pruned.abs().sum().item() == pytest.approx(dense.abs().sum().item())
            assert dense[kept].abs().min() >= dense[~kept].abs().max() if (~kept).any() else True
        assert not symmetric or torch.equal(kept, kept.t())


def test_pruning_is_differentiable():
    values = torch.tensor([[0.0, 1.0], [3.0, 0.0]], requires_grad=True)
    prune_edges(values, n_edges=1, directed=True)[1, 0].backward()  # (1 + 3) · 3 / 3
    assert values.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({}, ConfigError, "either threshold or n_edges"),
        ({"threshold": 1.0, "n_edges": 2}, ConfigError, "either threshold or n_edges"),
        ({"n_edges": -1}, ConfigError, "at least 0"),
        ({"threshold": -1.0}, ConfigError, "at least 0"),
        ({"n_edges": 1}, GraphError, "to be symmetric"),
    ],
)
def test_pruning_refuses(how, error, message):
    for matrix in every_kind(torch.tensor([[0.0, 1.0], [2.0, 0.0]])):
        with pytest.raises(error, match=message):
            prune_edges(matrix, **how)


def test_networkx_keeps_isolated_nodes_and_drops_what_is_almost_nothing():
    dense = torch.tensor([[0.0, 1e-9, 2.0], [1e-9, 0.0, 0.0], [2.0, 0.0, 0.0]])
    for matrix in every_kind(dense):
        graph = to_networkx(matrix, names=["A", "B", "C"])
        assert list(graph.nodes) == ["A", "B", "C"]
        assert list(graph.edges(data="weight")) == [("A", "C", 2.0)]
        assert to_networkx(matrix, directed=True).number_of_edges() == 2
    with pytest.raises(ConfigError, match="one name for each of 3 nodes"):
        to_networkx(dense, names=["A"])
