"""Closed forms of growth against numpy, against what they minimise, and on matrices that break a
plain solve.
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.growth import (
    count_significant,
    extension,
    extension_decrease,
    first_order_decrease,
    optimal_delta,
    projected_target,
    whitening,
)


def moments(seed, *lead, samples=40, inputs=5, outputs=3):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(*lead, samples, inputs, generator=generator, dtype=torch.float64)
    y = torch.randn(*lead, samples, outputs, generator=generator, dtype=torch.float64)
    return x, y, x.mT @ x / samples, x.mT @ y / samples


def test_delta_is_least_squares():
    x, y, second, cross = moments(0)
    expected = np.linalg.lstsq(x.numpy(), y.numpy(), rcond=None)[0].T
    np.testing.assert_allclose(optimal_delta(second, cross).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("samples", [3, 40])
def test_a_root_of_the_pseudo_inverse(samples):
    _, _, second, _ = moments(1, samples=samples)
    root = whitening(second)
    product = second @ root @ root.mT @ second
    torch.testing.assert_close(product, second)
    assert torch.linalg.matrix_rank(root) == min(samples, 5)


def test_a_duplicated_input_shares_the_step_instead_of_exploding():
    x, y, second, cross = moments(2)
    doubled = torch.cat([x, x[:, :1]], dim=1)
    plain = optimal_delta(second, cross)
    delta = optimal_delta((doubled.mT @ doubled / 40).float(), (doubled.mT @ y / 40).float())
    torch.testing.assert_close(delta[:, 0] + delta[:, 5], plain[:, 0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(delta[:, 0], delta[:, 5], atol=1e-5, rtol=1e-5)


def test_fewer_samples_than_inputs_fit_without_noise():
    x, y, second, cross = moments(3, samples=8, inputs=31)
    delta = optimal_delta(second.float(), cross.float())
    torch.testing.assert_close(x @ delta.mT, y, atol=1e-3, rtol=1e-3)
    assert delta.abs().max() < 3


def test_units_of_the_inputs_do_not_matter():
    _, _, second, cross = moments(4)
    units = torch.tensor([1e-6, 1.0, 1e5, 1e-3, 10.0], dtype=torch.float64)
    scaled = optimal_delta(second * units[:, None] * units, cross * units[:, None])
    torch.testing.assert_close(scaled * units, optimal_delta(second, cross))


@given(scale=st.floats(1e-12, 1e12), seed=st.integers(0, 50))
def test_the_scale_of_the_loss_scales_the_step_and_nothing_else(scale, seed):
    _, _, second, cross = moments(seed)
    torch.testing.assert_close(
        optimal_delta(second, cross * scale), optimal_delta(second, cross) * scale
    )
    new, same = extension(second, cross * scale), extension(second, cross)
    torch.testing.assert_close(new.alpha, same.alpha * scale**0.5)
    assert count_significant(new.singular_values, 0.5) == count_significant(
        same.singular_values, 0.5
    )


@given(seed=st.integers(0, 30), fisher=st.booleans(), rank=st.sampled_from([2, 40]))
def test_blocks_are_solved_as_if_alone(seed, fisher, rank):
    _, y, second, cross = moments(seed, 2, 3, samples=rank)
    second[1, 2] = 0.0
    third = y.mT @ y / rank if fisher else None
    delta = optimal_delta(second, cross, fisher=third)
    new = extension(second, cross, fisher=third)
    for i, j in np.ndindex(2, 3):
        alone = None if third is None else third[i, j]
        torch.testing.assert_close(
            delta[i, j], optimal_delta(second[i, j], cross[i, j], fisher=alone)
        )
        one = extension(second[i, j], cross[i, j], fisher=alone)
        torch.testing.assert_close(new.singular_values[i, j], one.singular_values)
        torch.testing.assert_close(new.omega[i, j] @ new.alpha[i, j], one.omega @ one.alpha)


def test_all_neurons_together_are_the_regression_of_the_target():
    _, _, second, cross = moments(5)
    new = extension(second, cross)
    torch.testing.assert_close(new.omega @ new.alpha, optimal_delta(second, cross))


def test_fewer_neurons_are_the_best_of_their_rank():
    x, _, second, cross = moments(6)
    target = optimal_delta(second, cross)

    def error(omega, alpha):
        return ((target - omega @ alpha) @ x.mT).square().sum()

    best = extension(second, cross, n_neurons=1)
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        step = [
            torch.randn(part.shape, generator=generator, dtype=torch.float64) * 0.1
            for part in best[:2]
        ]
        assert error(best.omega, best.alpha) < error(best.omega + step[1], best.alpha + step[0])


def test_gain_of_a_neuron_is_its_squared_singular_value_without_a_step():
    _, _, second, cross = moments(7)
    new = extension(second, projected_target(cross))
    torch.testing.assert_close(
        extension_decrease(new.alpha, new.omega, cross), new.singular_values.square()
    )


def test_sign_is_set_by_the_largest_entry_of_omega():
    _, _, second, cross = moments(8, 4)
    for target in (cross, -cross):
        omega = extension(second, target).omega
        largest = omega.gather(-2, omega.abs().argmax(-2, keepdim=True))
        assert (largest > 0).all()


def test_gradmax_reads_the_gradient_itself():
    target = torch.tensor([[3.0, 1.0], [0.0, 2.0], [1.0, 1.0]])
    new = extension(None, target, ignore_singular_values=True)
    np.testing.assert_allclose(new.singular_values, np.linalg.svd(target.double().numpy())[1])
    torch.testing.assert_close(new.alpha @ new.alpha.mT, torch.eye(2, dtype=torch.float64))


def test_decrease_is_never_negative_and_zero_without_a_gradient():
    _, _, second, cross = moments(9)
    assert first_order_decrease(cross, optimal_delta(second, cross)) > 0
    assert first_order_decrease(cross * 0, optimal_delta(second, cross * 0)) == 0


@pytest.mark.parametrize(("noise", "expected"), [(0.0, 3), (1.5, 2), (10.0, 0)])
def test_nothing_below_the_noise_counts(noise, expected):
    assert count_significant(torch.tensor([4.0, 2.0, 1.0, 0.1]), 0.25, noise) == expected


def test_empty_and_zero_matrices_are_answered():
    assert extension(torch.zeros(3, 3), torch.zeros(3, 2)).singular_values.eq(0).all()
    assert extension(torch.eye(3), torch.zeros(3, 0)).omega.shape == (0, 0)
    assert optimal_delta(torch.zeros(3, 3), torch.ones(3, 2)).eq(0).all()
