import pytest
import torch

from edgelab.inference.gsnn._running_scaler import RunningScaler

CPU = torch.device("cpu")


def test_the_first_batch_counts_fully():
    scaler, values = RunningScaler((2, 3), 0.1, CPU), torch.rand(2, 50, 3)
    scaler.update(values)
    torch.testing.assert_close(scaler.mean, values.double().mean(dim=1), rtol=1e-6, atol=0)
    torch.testing.assert_close(
        scaler.variance, values.double().var(dim=1, correction=0), rtol=1e-5, atol=0
    )


def test_equal_batches_weigh_by_momentum_and_a_short_one_less():
    scaler = RunningScaler((1,), 0.5, CPU)
    for centre, count in ((0.0, 64), (1.0, 64), (100.0, 1)):
        scaler.update(torch.full((count, 1), centre))
    # After two batches the mean is 1/2 and a batch has 64 samples; the last weighs 0.5 · 1 against
    # 0.5 · 64.
    assert scaler.mean.item() == pytest.approx(0.5 + (100 - 0.5) / 65)


def test_drift_between_batches_is_variance():
    scaler = RunningScaler((1,), 0.5, CPU)
    for centre in (0.0, 2.0):
        scaler.update(torch.full((8, 1), centre))
    assert scaler.variance.item() == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_standardising_does_not_depend_on_the_scale_and_keeps_large_means_apart(scale):
    # Defect of the reference: 1e-8 added to the variance shrinks small gradients to .4 standard
    # deviations.
    values = torch.rand(256, 3, generator=torch.Generator().manual_seed(0))
    shifted = (values + torch.tensor([0.0, 0.0, 1e3])) * scale
    shifted[:, 1] = 0.7 * scale
    scaler = RunningScaler((3,), 0.1, CPU)
    scaler.update(shifted)
    result = scaler(shifted)
    expected = (values - values.mean(dim=0)) / values.std(dim=0, correction=0)
    torch.testing.assert_close(result[:, 0], expected[:, 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(result[:, 2], expected[:, 2], atol=2e-3, rtol=0)
    assert (result[:, 1] == 0).all() and scaler.varies(torch.float32).tolist() == [
        True,
        False,
        True,
    ]


def test_a_batch_of_one_says_nothing():
    scaler = RunningScaler((2,), 0.1, CPU)
    scaler.update(torch.rand(30, 2))
    scaler.update(torch.full((1, 2), 9.0))
    assert (scaler(torch.full((1, 2), 9.0)) == 0).all()
