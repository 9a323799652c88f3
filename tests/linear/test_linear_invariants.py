"""What every map promises, for raw parameters drawn from N(0, 3²) and all sizes from 1 to 40."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from edgelab.linear import LinearBase, maps

SIZES = st.integers(1, 40)
HALVES = st.integers(1, 20)
SEEDS = st.integers(0, 2**20)
# Rounding of sums over 40 terms; N(0, 3²) raw numbers make conditions worse than fresh ones do.
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-10}

pytestmark = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
few = settings(max_examples=12, deadline=None)


def drawn(
    name: str, insize: int, outsize: int, dtype: torch.dtype, seed: int, **options
) -> LinearBase:
    """Make a map whose every raw parameter is drawn anew from N(0, 3²)."""
    layer = maps[name](insize, outsize, bias=False, dtype=dtype, **options).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_(0, 3, generator=generator)
    return layer.requires_grad_(False)


def assert_within(values: Tensor, lower: float, upper: float) -> None:
    slack = TOLERANCE[values.dtype] * max(1, abs(lower), abs(upper))
    assert values.min() >= lower - slack
    assert values.max() <= upper + slack


def assert_near(actual: Tensor, expected: Tensor | float) -> None:
    tolerance = TOLERANCE[actual.dtype]
    expected = torch.as_tensor(expected, dtype=actual.dtype).expand_as(actual)
    torch.testing.assert_close(actual, expected, atol=tolerance, rtol=tolerance)


@given(SIZES, SIZES, SEEDS)
@few
def test_identity_stays(dtype, insize, outsize, seed):
    layer = drawn("IdentityLinear", insize, outsize, dtype, seed)
    assert torch.equal(layer.effective_W(), torch.eye(insize, outsize, dtype=dtype))


@given(SIZES, SIZES, SEEDS)
@few
def test_nonnegative(dtype, insize, outsize, seed):
    assert (drawn("NonNegativeLinear", insize, outsize, dtype, seed).effective_W() >= 0).all()
    split = drawn("SplitLinear", insize, outsize, dtype, seed)
    assert (split.B.effective_W() >= 0).all()
    assert (split.C.effective_W() >= 0).all()


@pytest.mark.parametrize("name", ["LassoLinear", "LassoLinearRELU"])
@given(SIZES, SIZES, SEEDS)
@few
def test_lasso_is_a_difference_of_nonnegative_matrices(name, dtype, insize, outsize, seed):
    layer = drawn(name, insize, outsize, dtype, seed, gamma=0.3)
    matrix = layer.u_param.clamp(min=0) - layer.v_param.clamp(min=0)
    assert torch.equal(layer.effective_W(), matrix)
    assert_near(layer.reg_error() / 0.3, matrix.abs().sum())


@pytest.mark.parametrize(
    ("name", "axis"), [("RightStochasticLinear", 1), ("LeftStochasticLinear", 0)]
)
@given(SIZES, SIZES, SEEDS)
@few
def test_stochastic(name, axis, dtype, insize, outsize, seed):
    matrix = drawn(name, insize, outsize, dtype, seed).effective_W()
    assert (matrix > 0).all()
    assert_near(matrix.sum(axis), 1.0)


@given(SIZES, SIZES, SEEDS, st.floats(0, 2), st.floats(0, 2))
@few
def test_perron_frobenius(dtype, insize, outsize, seed, lower, width):
    bounds = {"sigma_min": lower, "sigma_max": lower + width}
    matrix = drawn("PerronFrobeniusLinear", insize, outsize, dtype, seed, **bounds).effective_W()
    assert (matrix >= 0).all()
    assert_within(matrix.sum(1), lower, lower + width)
    square = drawn("PerronFrobeniusLinear", insize, insize, dtype, seed, **bounds)
    assert_within(square.eig().abs().max(), lower, lower + width)


@given(SIZES, SIZES, SEEDS, st.floats(0, 2), st.floats(0, 2))
@few
def test_stable_split(dtype, insize, outsize, seed, lower, width):
    upper = lower + width
    layer = drawn(
        "StableSplitLinear", insize, outsize, dtype, seed, sigma_min=lower, sigma_max=upper
    )
    assert_within(layer.effective_W().sum(1), lower, upper)
    assert_within(layer.effective_W().abs().sum(1), 0, 2 * upper - lower)
    assert_within(layer.C.effective_W().sum(1), 0, width)


@given(SIZES, SEEDS)
@few
def test_symmetric_and_skew_symmetric_exactly(dtype, size, seed):
    symmetric = drawn("SymmetricLinear", size, size, dtype, seed).effective_W()
    skew = drawn("SkewSymmetricLinear", size, size, dtype, seed).effective_W()
    assert torch.equal(symmetric, symmetric.T)
    assert torch.equal(skew, -skew.T)


@given(SIZES, SEEDS, st.floats(-2, 2), st.floats(0, 2))
@few
def test_damped_skew_symmetric(dtype, size, seed, lower, width):
    upper = lower + width
    layer = drawn(
        "DampedSkewSymmetricLinear", size, size, dtype, seed, sigma_min=lower, sigma_max=upper
    )
    damping = layer.effective_W().diagonal()
    assert_within(damping, lower, upper)
    real_parts = layer.eig().real
    # Eigenvalues of a normal matrix are known to rounding times its norm.
    assert (real_parts - damping[0]).abs().max() <= TOLERANCE[dtype] * (
        1 + layer.effective_W().norm()
    )


@given(SIZES, SEEDS)
@few
def test_positive_semidefinite(dtype, size, seed):
    layer = drawn("PSDLinear", size, size, dtype, seed)
    matrix = layer.effective_W()
    assert (matrix - matrix.T).abs().max() <= TOLERANCE[dtype] * matrix.abs().max()
    assert torch.linalg.eigvalsh(matrix).min() >= -TOLERANCE[dtype] * matrix.abs().max()


@pytest.mark.parametrize("row_budget", [False, True])
@pytest.mark.parametrize("real", [False, True])
@given(SIZES, SEEDS, st.floats(-2, 2), st.floats(0, 2))
@few
def test_gershgorin(real, row_budget, dtype, size, seed, lower, width):
    upper = lower + width
    options = {"sigma_min": lower, "sigma_max": upper, "real": real, "row_budget": row_budget}
    layer = drawn("GershgorinLinear", size, size, dtype, seed, **options)
    matrix, diagonal = layer.effective_W(), layer.effective_W().diagonal()
    radii = (matrix - diagonal.diag()).abs().sum(1)
    assert_within(diagonal - radii, lower, upper)
    assert_within(diagonal + radii, lower, upper)
    assert_within((torch.linalg.eigvals(matrix) - (lower + upper) / 2).abs(), 0, width / 2)
    if real:
        assert torch.equal(matrix, matrix.T)
        assert_within(layer.eig().real, lower, upper)


@given(SIZES, SEEDS)
@few
def test_orthogonal(dtype, size, seed):
    matrix = drawn("OrthogonalLinear", size, size, dtype, seed).effective_W()
    assert_near(matrix.T @ matrix, torch.eye(size, dtype=dtype))


@given(SIZES, SIZES, SEEDS, st.floats(0, 2), st.floats(0, 2), st.data())
@few
def test_spectral_has_exactly_its_singular_values(dtype, insize, outsize, seed, lower, width, data):
    options = {
        "sigma_min": lower,
        "sigma_max": lower + width,
        "n_U_reflectors": data.draw(st.none() | st.integers(1, insize)),
        "n_V_reflectors": data.draw(st.none() | st.integers(1, outsize)),
    }
    layer = drawn("SpectralLinear", insize, outsize, dtype, seed, **options)
    singular_values = torch.linalg.svdvals(layer.effective_W())
    assert_within(singular_values, lower, lower + width)
    assert_near(singular_values, layer.Sigma().sort(descending=True)[0])


@given(SIZES, SEEDS, st.floats(-2, 2), st.floats(0, 2), st.data())
@few
def test_symmetric_spectral_has_exactly_its_eigenvalues(dtype, size, seed, lower, width, data):
    options = {
        "sigma_min": lower,
        "sigma_max": lower + width,
        "n_reflectors": data.draw(st.integers(1, size)),
    }
    layer = drawn("SymmetricSpectralLinear", size, size, dtype, seed, **options)
    matrix = layer.effective_W()
    assert_near(matrix, matrix.T)
    assert_within(torch.linalg.eigvalsh(matrix), lower, lower + width)
    assert_near(torch.linalg.eigvalsh(matrix), layer.Sigma().sort()[0])


@given(HALVES, SEEDS)
@few
def test_schur_core_is_block_triangular_with_scaled_rotations(dtype, half, seed):
    layer = drawn("SchurDecompositionLinear", 2 * half, 2 * half, dtype, seed)
    directions = layer.P.effective_W()
    core = directions.T @ layer.effective_W() @ directions
    blocks = core.view(half, 2, half, 2).permute(0, 2, 1, 3)
    rows, columns = torch.tril_indices(half, half, -1)
    tolerance = TOLERANCE[dtype] * (1 + core.norm())
    assert (blocks[rows, columns].abs() <= tolerance).all()
    cosine, sine = layer.gamma * layer.theta.cos(), layer.gamma * layer.theta.sin()
    expected = torch.stack([cosine, -sine, sine, cosine], -1).view(-1, 2, 2)
    assert ((blocks.diagonal().permute(2, 0, 1) - expected).abs() <= tolerance).all()


@given(HALVES, SEEDS)
@few
def test_schur_eigenvalues_of_a_normal_matrix(dtype, half, seed):
    layer = drawn("SchurDecompositionLinear", 2 * half, 2 * half, dtype, seed)
    layer.T.zero_()
    expected = torch.complex(layer.gamma * layer.theta.cos(), layer.gamma * layer.theta.sin())
    distance = (layer.eig()[:, None] - torch.cat([expected, expected.conj()])).abs()
    assert max(distance.amin(0).max(), distance.amin(1).max()) <= TOLERANCE[dtype] * 10


@given(HALVES, SEEDS, st.integers(1, 6))
@few
def test_symplectic(dtype, half, seed, n_shears):
    matrix = drawn(
        "SymplecticLinear", 2 * half, 2 * half, dtype, seed, n_shears=n_shears
    ).effective_W()
    identity = torch.eye(half, dtype=dtype)
    form = (
        torch.block_diag(identity, identity).roll(half, 1)
        * torch.tensor([1, -1]).repeat_interleave(half)[:, None]
    )
    # Shears of N(0, 3²) numbers multiply to huge matrices, so the error is relative to their
    # square.
    assert (matrix.T @ form @ matrix - form).abs().max() <= TOLERANCE[dtype] * (
        1 + matrix.norm() ** 2
    )


@given(SIZES, SIZES, SEEDS)
@few
def test_svd_bounds_hold_where_the_factors_are_orthogonal(dtype, insize, outsize, seed):
    for name in ("SVDLinear", "SVDLinearLearnBounds"):
        layer = drawn(name, insize, outsize, dtype, seed)
        layer.U.copy_(torch.linalg.qr(layer.U)[0])
        layer.V.copy_(torch.linalg.qr(layer.V)[0])
        lower, upper = sorted(abs(float(bound)) for bound in (layer.sigma_min, layer.sigma_max))
        assert_within(torch.linalg.svdvals(layer.effective_W()), lower, upper)
        assert_within(layer.reg_error(), 0, 10 * insize)


@given(SIZES, SEEDS)
@few
def test_symmetric_svd_is_symmetric_always(dtype, size, seed):
    layer = drawn("SymmetricSVDLinear", size, size, dtype, seed)
    matrix = layer.effective_W()
    assert (matrix - matrix.T).abs().max() <= TOLERANCE[dtype] * matrix.abs().max()
    layer.V.copy_(torch.linalg.qr(layer.V)[0])
    assert_within(layer.eig().real, layer.sigma_min, layer.sigma_max)


@given(SIZES, st.integers(0, 10), SEEDS, st.floats(0.01, 2), st.data())
@few
def test_trivial_null_space(dtype, insize, surplus, seed, epsilon, data):
    rank = data.draw(st.integers(1, insize))
    options = {"rank": rank, "epsilon": epsilon}
    layer = drawn("TrivialNullSpaceLinear", insize, insize + surplus, dtype, seed, **options)
    singular_values = torch.linalg.svdvals(layer.effective_W())
    assert singular_values.min() >= epsilon - TOLERANCE[dtype] * singular_values.max()


@given(SIZES, SIZES, SEEDS)
@few
def test_l0_gates_lie_in_the_unit_interval(dtype, insize, outsize, seed):
    layer = drawn("L0Linear", insize, outsize, dtype, seed)
    for training in (False, True):
        layer.train(training)
        layer.weight.fill_(1)
        assert_within(layer.effective_W(), 0, 1)
    assert layer.reg_error() > 0


@given(
    SIZES,
    SIZES,
    SEEDS,
    st.floats(0, 2),
    st.floats(0, 2),
    st.sampled_from([1, 2, 3.5, float("inf")]),
)
@few
def test_bounded_norm_penalty_is_the_distance_to_the_interval(
    dtype, insize, outsize, seed, lower, width, p
):
    upper = lower + width
    layer = drawn(
        "BoundedNormLinear", insize, outsize, dtype, seed, sigma_min=lower, sigma_max=upper, p=p
    )
    entries = layer.effective_W().abs()
    norm = entries.max() if p == float("inf") else (entries**p).sum() ** (1 / p)
    assert_near(layer.reg_error(), max(norm.item() - upper, lower - norm.item(), 0.0))
