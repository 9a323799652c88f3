"""Sparse products against dense ones, derivatives of first and second order, and no N × N on the
way.
"""

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import SparsePattern, edge_dots, sparse_matmul

# Node 3 has no edge; edges come unsorted.
EDGES = torch.tensor([[1, 0, 0], [2, 2, 1]])
N_NODES = 4


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(
        *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).requires_grad_()


@pytest.fixture(params=[True, False], ids=["mirrored", "directed"])
def pattern(request) -> SparsePattern:
    return SparsePattern(EDGES, N_NODES, mirrored=request.param)


def dense(pattern: SparsePattern, values: torch.Tensor) -> torch.Tensor:
    matrix = values.new_zeros(pattern.shape).index_put(tuple(pattern.ends.long()), values)
    return matrix + matrix.t() if pattern.mirrored else matrix


@st.composite
def problems(draw):
    n = draw(st.integers(1, 6))
    mirrored = draw(st.booleans())
    places = [(i, j) for i in range(n) for j in range(n) if not mirrored or i < j]
    chosen = draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    pattern = SparsePattern(
        torch.tensor(chosen, dtype=torch.int64).reshape(-1, 2).t(), n, mirrored=mirrored
    )
    return pattern, draw(st.sampled_from([(), (0,), (1,), (3,), (2, 2)])), draw(st.booleans())


@given(problems())
def test_product_equals_that_of_the_dense_matrix(problem):
    pattern, features, transpose = problem
    values, x = normal(pattern.n_edges), normal(pattern.shape[0], *features, seed=1)
    matrix = dense(pattern, values)
    expected = torch.tensordot(matrix.t() if transpose else matrix, x, dims=1)
    torch.testing.assert_close(sparse_matmul(pattern, values, x, transpose=transpose), expected)


@given(problems())
def test_edge_dots_equal_entries_of_the_dense_product(problem):
    pattern, _, _ = problem
    left, right = normal(pattern.shape[0], 3), normal(pattern.shape[0], 3, seed=1)
    product = left @ right.t()
    product = product + product.t() if pattern.mirrored else product
    torch.testing.assert_close(edge_dots(pattern, left, right), product[tuple(pattern.ends.long())])


def test_a_rectangular_matrix_multiplies_both_ways():
    pattern = SparsePattern(torch.tensor([[0, 1], [2, 0]]), 2, 3)
    values, x, y = (
        torch.tensor([5.0, 7.0]),
        torch.tensor([1.0, 2.0, 3.0]),
        torch.tensor([1.0, 10.0]),
    )
    assert sparse_matmul(pattern, values, x).tolist() == [15.0, 7.0]
    assert sparse_matmul(pattern, values, y, transpose=True).tolist() == [70.0, 0.0, 5.0]


@pytest.mark.parametrize("transpose", [True, False])
@pytest.mark.parametrize("features", [(), (2,)])
def test_first_and_second_derivatives(pattern, transpose, features):
    inputs = (normal(3), normal(N_NODES, *features, seed=1))

    def product(values, x):
        return sparse_matmul(pattern, values, x, transpose=transpose)

    assert torch.autograd.gradcheck(product, inputs)
    assert torch.autograd.gradgradcheck(product, inputs)


def test_derivatives_of_edge_dots(pattern):
    inputs = (normal(N_NODES, 2), normal(N_NODES, 2, seed=1))
    assert torch.autograd.gradcheck(lambda *ends: edge_dots(pattern, *ends), inputs)
    assert torch.autograd.gradgradcheck(lambda *ends: edge_dots(pattern, *ends), inputs)


def test_the_hessian_of_a_quadratic_loss(pattern):
    x = normal(N_NODES, seed=1).detach()
    hessian = torch.autograd.functional.hessian(
        lambda v: sparse_matmul(pattern, v, x).square().sum(), normal(3)
    )
    expected = torch.autograd.functional.hessian(
        lambda v: (dense(pattern, v) @ x).square().sum(), normal(3)
    )
    torch.testing.assert_close(hessian, expected)


def test_long_sums_are_blocked_without_a_seam(pattern, monkeypatch):
    left, right = normal(N_NODES, 2), normal(N_NODES, 2, seed=1)
    whole = edge_dots(pattern, left, right)
    monkeypatch.setattr(sys.modules["edgelab.ops._sparse_matmul"], "BLOCK", 2)
    torch.testing.assert_close(edge_dots(pattern, left, right), whole)


def test_complex_states_are_multiplied_part_by_part(pattern):
    values, real, imaginary = normal(3), normal(N_NODES, 2, seed=1), normal(N_NODES, 2, seed=2)
    product = sparse_matmul(pattern, values, torch.complex(real, imaginary))
    torch.testing.assert_close(
        product, dense(pattern, values).to(product.dtype) @ torch.complex(real, imaginary)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_precisions(pattern, dtype):
    values, x = normal(3).detach().to(dtype), normal(N_NODES, 2, seed=1).detach().to(dtype)
    product = sparse_matmul(pattern, values, x)
    assert product.dtype == dtype
    torch.testing.assert_close(
        product.double(), dense(pattern, values.double()) @ x.double(), rtol=0.02, atol=0.02
    )


def test_mixed_precisions_give_the_finer_one(pattern):
    assert (
        sparse_matmul(pattern, torch.ones(3), torch.ones(N_NODES, dtype=torch.float64)).dtype
        == torch.float64
    )


def test_no_square_of_the_number_of_nodes_is_ever_allocated():
    n_nodes = 10**6  # whose square would not fit anywhere
    edges = torch.stack([torch.arange(1000), torch.arange(1000) + 1000])
    pattern = SparsePattern(edges, n_nodes, mirrored=True)
    values = torch.rand(1000, requires_grad=True)
    (grad,) = torch.autograd.grad(
        sparse_matmul(pattern, values, torch.ones(n_nodes)).square().sum(),
        values,
        create_graph=True,
    )
    grad.square().sum().backward()
    torch.testing.assert_close(grad, 4 * values)
    torch.testing.assert_close(values.grad, 32 * values)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu(pattern):
    values, x = normal(3), normal(N_NODES, 2, seed=1)
    expected = sparse_matmul(pattern, values, x).detach()
    pattern, values, x = (
        pattern.cuda(),
        values.detach().cuda().requires_grad_(),
        x.detach().cuda().requires_grad_(),
    )
    torch.testing.assert_close(sparse_matmul(pattern, values, x).cpu(), expected)
    assert torch.autograd.gradgradcheck(lambda *given: sparse_matmul(pattern, *given), (values, x))
