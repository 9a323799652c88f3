"""What single families do beyond their invariants: projection, gates, bounds, faults."""

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.linear import (
    GershgorinLinear,
    IdentityInitLinear,
    L0Linear,
    LassoLinear,
    LassoLinearRELU,
    Linear,
    NonNegativeLinear,
    PerronFrobeniusLinear,
    SchurDecompositionLinear,
    SpectralLinear,
    SVDLinear,
    SymmetricSpectralLinear,
    SymplecticLinear,
    TrivialNullSpaceLinear,
    bounded,
    hard_concrete,
    maps,
    schur_core,
    stretched_concrete_cdf,
    unbounded,
)


def test_bounded_and_unbounded_are_inverse():
    raw = torch.linspace(-5, 5, 11, dtype=torch.float64)
    torch.testing.assert_close(unbounded(bounded(raw, -1.0, 3.0), -1.0, 3.0), raw)
    assert bounded(torch.tensor([-1e4, 1e4]), -1.0, 3.0).tolist() == [3.0, -1.0]


def test_linear_is_drawn_as_in_torch():
    torch.manual_seed(0)
    for insize, outsize in ((1000, 10), (10, 1000)):
        layer, reference = Linear(insize, outsize, bias=True), torch.nn.Linear(insize, outsize)
        for ours, theirs in ((layer.weight, reference.weight), (layer.bias, reference.bias)):
            assert ours.abs().max() <= insize**-0.5
            assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.3)


def test_identity_is_the_start_of_a_free_matrix():
    layer = IdentityInitLinear(3, 3, bias=True)
    x = torch.randn(2, 3)
    assert torch.equal(layer(x), x)
    layer(x).sum().backward()
    assert layer.weight.grad.abs().sum() > 0


def test_lasso_projects_in_training_only():
    layer = LassoLinear(3, 2)
    with torch.no_grad():
        layer.u_param.fill_(-1.0)
    layer.eval()(torch.randn(4, 3))
    assert (layer.u_param == -1).all()
    with torch.no_grad():
        layer.train()(torch.randn(4, 3))
    assert (layer.u_param == -1).all()
    layer(torch.randn(4, 3))
    assert (layer.u_param == 0).all()


def test_lasso_is_projected_gradient_descent():
    layer = LassoLinear(3, 2, dtype=torch.float64)
    u, v = layer.u_param.detach().clone(), layer.v_param.detach().clone()
    x, y = torch.randn(8, 3, dtype=torch.float64), torch.randn(8, 2, dtype=torch.float64)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.2)
    for _ in range(20):
        optimiser.zero_grad()
        (layer(x) - y).square().mean().backward()
        optimiser.step()
        slope = 2 * x.T @ (x @ (u - v) - y) / y.numel()
        u, v = (u - 0.2 * slope).clamp(min=0), (v + 0.2 * slope).clamp(min=0)
    torch.testing.assert_close(layer.effective_W(), u - v)


@pytest.mark.parametrize("lasso", [LassoLinear, LassoLinearRELU])
def test_penalty_makes_lasso_sparse(lasso):
    torch.manual_seed(0)
    truth = torch.zeros(20, 1)
    truth[:3] = torch.tensor([[2.0], [-2.0], [2.0]])
    x = torch.randn(200, 20)
    layer = lasso(20, 1, gamma=0.05)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.05)
    for _ in range(400):
        optimiser.zero_grad()
        ((layer(x) - x @ truth).square().mean() + layer.reg_error()).backward()
        optimiser.step()
    matrix = layer.eval().effective_W().detach()
    assert (matrix[3:].abs() < 0.01).all()
    torch.testing.assert_close(matrix[:3], truth[:3], atol=0.1, rtol=0)


def test_a_free_matrix_is_beaten_where_the_structure_is_right():
    torch.manual_seed(0)
    truth = torch.rand(10, 10) * (torch.rand(10, 10) < 0.2)
    x, x_new = torch.randn(12, 10), torch.randn(500, 10)
    y = x @ truth + 0.3 * torch.randn(12, 10)
    errors = {}
    for kind in (Linear, NonNegativeLinear):
        layer = kind(10, 10)
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.02)
        for _ in range(400):
            optimiser.zero_grad()
            (layer(x) - y).square().mean().backward()
            optimiser.step()
        errors[kind] = (layer(x_new) - x_new @ truth).square().mean().item()
    assert errors[NonNegativeLinear] < 0.5 * errors[Linear]


def test_l0_cost_closes_gates():
    torch.manual_seed(0)
    layer = L0Linear(6, 6)
    open_before = 1 - layer.cdf_qz(0.0).mean()
    norm_before = layer.weight.norm().item()
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        layer.reg_error().backward()
        optimiser.step()
    assert 1 - layer.cdf_qz(0.0).mean() < open_before
    assert layer.weight.norm() < norm_before


def test_l0_share_of_open_gates_agrees_with_simulation():
    log_alpha, temperature = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64), 2 / 3
    noise = torch.rand(200_000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    gates = hard_concrete(log_alpha.expand(200_000, 3), noise.clamp(1e-6, 1 - 1e-6), temperature)
    closed = stretched_concrete_cdf(0.0, log_alpha, temperature)
    torch.testing.assert_close((gates == 0).double().mean(0), closed, atol=0.005, rtol=0)


def test_l0_draws_in_training_and_repeats_itself_in_evaluation():
    layer = L0Linear(6, 6)
    assert not torch.equal(layer.effective_W(), layer.effective_W())
    torch.manual_seed(3)
    first = layer.effective_W()
    torch.manual_seed(3)
    assert torch.equal(layer.effective_W(), first)
    layer.eval()
    assert torch.equal(layer.effective_W(), layer.effective_W())
    assert L0Linear(2, 3).bias is not None


def test_gershgorin_row_budget_leaves_room_for_large_maps():
    shared = GershgorinLinear(40, 40)
    own = GershgorinLinear(40, 40, row_budget=True)
    own.load_state_dict(shared.state_dict())
    of_shared, of_own = (layer.effective_W().triu(1).max() for layer in (shared, own))
    assert of_own > 10 * of_shared


def test_schur_core_by_hand():
    core = schur_core(
        torch.tensor([2.0, 3.0]), torch.tensor([0.0, torch.pi / 2]), torch.arange(16.0).view(4, 4)
    )
    expected = [[2, 0, 2, 3], [0, 2, 6, 7], [0, 0, 0, -3], [0, 0, 3, 0]]
    torch.testing.assert_close(core, torch.tensor(expected, dtype=torch.float32), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SchurDecompositionLinear(3, 3), "Insize must be divisible by 2"),
        (lambda: SymplecticLinear(3, 3), "Symplectic Matrix must have even dimensions"),
        (lambda: SymplecticLinear(4, 4, n_shears=0), "n_shears"),
        (
            lambda: SpectralLinear(4, 6, n_U_reflectors=5),
            "n_U_reflectors must be a whole number from 1 to 4",
        ),
        (
            lambda: SpectralLinear(4, 6, n_V_reflectors=0),
            "n_V_reflectors must be a whole number from 1 to 6",
        ),
        (lambda: SymmetricSpectralLinear(4, 4, n_reflectors=9), "n_reflectors"),
        (
            lambda: SVDLinear(4, 4, sigma_min=2.0, sigma_max=1.0),
            "sigma_min must not exceed sigma_max",
        ),
        (lambda: PerronFrobeniusLinear(4, 4, sigma_min=-0.5), "at least 0"),
        (lambda: TrivialNullSpaceLinear(5, 4), "outsize >= insize"),
        (lambda: TrivialNullSpaceLinear(4, 4, epsilon=0.0), "epsilon must be positive"),
        (lambda: TrivialNullSpaceLinear(4, 4, rank=0), "rank must be a positive integer, got 0"),
        (lambda: SpectralLinear(4, 4, sigma_min=-0.5), "at least 0"),
        (lambda: L0Linear(4, 4, droprate_init=0.0), "droprate_init"),
        (lambda: L0Linear(4, 4, temperature=-1.0), "temperature"),
    ],
)
def test_impossible_options_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize(
    "name", [name for name in maps if "sigma_min" in maps[name].__init__.__annotations__]
)
def test_whole_numbers_are_fine_as_bounds(name):
    assert maps[name](4, 4, sigma_min=0, sigma_max=1).effective_W().shape == (4, 4)
