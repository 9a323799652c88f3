"""Blocks of reflections against one reflection after the other."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.linear import (
    Hprod,
    OrthogonalLinear,
    prepare_reflections,
    reflect_rows,
    reflect_rows_back,
)
from edgelab.linear._householder import BLOCK_SIZE


def one_by_one(x: torch.Tensor, normals: torch.Tensor) -> torch.Tensor:
    for normal in normals:
        square = normal @ normal
        if square > 0:
            x = x - 2 * (x @ normal)[:, None] * normal / square
    return x


@given(st.integers(1, 3 * BLOCK_SIZE), st.integers(1, 3 * BLOCK_SIZE), st.integers(0, 2**20))
@settings(max_examples=25, deadline=None)
def test_blocks_agree_with_single_reflections(n_reflections, size, seed):
    generator = torch.Generator().manual_seed(seed)
    normals = torch.randn(n_reflections, size, generator=generator, dtype=torch.float64)
    normals[::3] = 0
    x = torch.randn(4, size, generator=generator, dtype=torch.float64)
    reflections = prepare_reflections(normals)
    torch.testing.assert_close(reflect_rows(x, reflections), one_by_one(x, normals))
    torch.testing.assert_close(reflect_rows_back(x, reflections), one_by_one(x, normals.flip(0)))


def test_orthogonal_to_one_in_a_million_at_size_256():
    torch.manual_seed(0)
    matrix = OrthogonalLinear(256, 256).effective_W()
    assert (matrix @ matrix.T - torch.eye(256)).abs().max() <= 1e-6


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e15, 1e30])
def test_length_of_the_normals_does_not_matter(scale):
    normals = torch.randn(100, 100, generator=torch.Generator().manual_seed(0))
    matrix = reflect_rows(torch.eye(100), prepare_reflections(scale * normals))
    assert (matrix @ matrix.T - torch.eye(100)).abs().max() <= 2e-6
    torch.testing.assert_close(
        matrix, reflect_rows(torch.eye(100), prepare_reflections(normals)), atol=1e-4, rtol=0
    )


def test_equal_normals_stay_orthogonal():
    matrix = reflect_rows(torch.eye(256), prepare_reflections(torch.ones(256, 256).triu()))
    assert (matrix @ matrix.T - torch.eye(256)).abs().max() <= 1e-5


def test_zero_normals_reflect_nothing_and_have_a_finite_gradient():
    normals = torch.zeros(5, 5, requires_grad=True)
    x = torch.randn(2, 5)
    image = reflect_rows(x, prepare_reflections(normals))
    image.sum().backward()
    assert torch.equal(image, x)
    assert torch.equal(normals.grad, torch.zeros(5, 5))


def test_gradient_does_not_move_the_length_of_a_normal():
    normals = torch.randn(7, 7, dtype=torch.float64, requires_grad=True)
    (
        reflect_rows(torch.eye(7, dtype=torch.float64), prepare_reflections(normals)) ** 3
    ).sum().backward()
    along = (normals.grad * normals).sum(1)
    torch.testing.assert_close(along, torch.zeros_like(along), atol=1e-12, rtol=0)


def test_gradient_agrees_with_finite_differences_across_blocks():
    normals = torch.randn(BLOCK_SIZE + 2, 3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, v: reflect_rows(x, prepare_reflections(v)), (x, normals), fast_mode=True
    )
    assert torch.autograd.gradcheck(
        lambda x, v: reflect_rows_back(x, prepare_reflections(v)), (x, normals), fast_mode=True
    )


@pytest.mark.parametrize("k", range(5))
def test_single_reflection_leaves_the_first_columns_alone(k):
    x, u = torch.randn(3, 4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    image = Hprod(x, u, k)
    assert torch.equal(image[:, : 4 - k], x[:, : 4 - k])
    torch.testing.assert_close(image.norm(dim=1), x.norm(dim=1))


def test_half_precision_is_raised_inside():
    normals = torch.randn(64, 64, dtype=torch.bfloat16)
    x = torch.randn(2, 64, dtype=torch.bfloat16)
    image = reflect_rows(x, prepare_reflections(normals))
    assert image.dtype == torch.bfloat16
    torch.testing.assert_close(
        image.float(), one_by_one(x.float(), normals.float()), atol=0.05, rtol=0.05
    )
