"""The COO tensor of a pattern: its entries, and gradients through whatever is done with it."""

import pytest
import torch

from edgelab.ops import SparsePattern, sparse_matrix

EDGES = torch.tensor([[1, 0, 0], [2, 2, 1]])


@pytest.fixture(params=[True, False], ids=["mirrored", "directed"])
def pattern(request) -> SparsePattern:
    return SparsePattern(EDGES, 4, mirrored=request.param)


def elsewhere() -> torch.Tensor:
    """A sparse matrix that shares only some entries with the pattern."""
    return torch.sparse_coo_tensor(
        [[0, 1, 3], [1, 1, 0]], torch.ones(3, dtype=torch.float64), (4, 4), check_invariants=True
    )


USES = {
    "entries": lambda matrix: matrix.values(),
    "dense": lambda matrix: matrix.to_dense(),
    "product": lambda matrix: torch.sparse.mm(
        matrix, torch.arange(8, dtype=torch.float64).reshape(4, 2)
    ),
    "sum with another": lambda matrix: (matrix + elsewhere()).to_dense(),
    "product by entry": lambda matrix: (matrix * elsewhere()).to_dense(),
    "sum": lambda matrix: torch.sparse.sum(matrix),
}


@pytest.mark.parametrize("use", USES)
def test_first_and_second_derivatives(pattern, use):
    values = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)

    def output(values):
        return USES[use](sparse_matrix(pattern, values * values))

    assert torch.autograd.gradcheck(output, (values,), masked=use == "sum")
    if use not in {
        "sum with another",
        "product by entry",
        "sum",
    }:  # torch has no second derivative of its own there
        assert torch.autograd.gradgradcheck(output, (values,))


def test_the_matrix_is_coalesced_and_row_by_row(pattern):
    matrix = sparse_matrix(pattern, torch.tensor([1.0, 2.0, 3.0]))
    again = torch.sparse_coo_tensor(
        matrix.indices(), matrix.values(), (4, 4), check_invariants=True
    ).coalesce()
    assert matrix.is_coalesced() and torch.equal(matrix.indices(), again.indices())
    assert torch.equal(matrix.values(), again.values())


def test_an_empty_pattern_gives_an_empty_matrix():
    values = torch.zeros(0, requires_grad=True)
    matrix = sparse_matrix(
        SparsePattern(torch.zeros(2, 0, dtype=torch.int64), 3, mirrored=True), values
    )
    matrix.to_dense().sum().backward()
    assert matrix.shape == (3, 3) and values.grad.shape == (0,)
