import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, DataError
from edgelab.ops import Batch, LossSum, batch_loss, squared_error, summed, summed_loss

PREDICTION = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
BATCH = Batch(torch.zeros(6, 1), torch.zeros(6, 3))


def per_sample(prediction, target):
    return (prediction - target).square().mean(dim=1)


@pytest.mark.parametrize(
    "criterion",
    [
        nn.MSELoss(reduction="mean"),
        lambda prediction, target: per_sample(prediction, target).mean(),
        lambda prediction, target: per_sample(prediction, target).sum(),
        per_sample,
    ],
)
def test_sums_means_and_losses_per_sample_become_the_same(criterion):
    torch.testing.assert_close(
        summed_loss(PREDICTION, BATCH, criterion), per_sample(PREDICTION, 0).sum()
    )


@pytest.mark.parametrize(
    "criterion", [None, "squared_error", nn.MSELoss(reduction="none"), nn.MSELoss(reduction="sum")]
)
def test_squared_error_in_all_its_forms(criterion):
    torch.testing.assert_close(summed_loss(PREDICTION, BATCH, criterion), PREDICTION.square().sum())


def test_weights_count():
    weight = torch.tensor([[0.0, 1.0, 2.0]]).expand(6, 3)
    loss = summed_loss(PREDICTION, BATCH._replace(weight=weight))
    torch.testing.assert_close(loss, (PREDICTION.square() * weight).sum())


@pytest.mark.parametrize("criterion", [nn.MSELoss(), per_sample])
def test_weights_that_a_criterion_cannot_take_are_refused(criterion):
    with pytest.raises(ConfigError, match="reduction='none'"):
        summed_loss(PREDICTION, BATCH._replace(weight=torch.ones(6, 3)), criterion)


def test_neither_sum_nor_mean_is_refused():
    with pytest.raises(ConfigError, match="neither a sum nor a mean"):
        summed_loss(
            PREDICTION,
            BATCH,
            lambda prediction, target: (prediction - target).square().mean().sqrt(),
        )
    with pytest.raises(ConfigError, match="one per sample"):
        summed_loss(PREDICTION, BATCH, lambda prediction, target: prediction[:, 0:1])


@pytest.mark.parametrize("criterion", [nn.MSELoss(), nn.MSELoss(reduction="sum")])
def test_a_batch_of_one_and_a_perfect_prediction(criterion):
    one = Batch(BATCH.x[:1], BATCH.y[:1])
    torch.testing.assert_close(
        summed_loss(PREDICTION[:1], one, criterion), criterion(PREDICTION[:1], one.y)
    )
    assert summed_loss(BATCH.y, BATCH, criterion) == 0


def test_squared_errors_compare_equal_shapes_only():
    with pytest.raises(DataError, match=r"one column per output.*\(6, 3\), got \(6, 1\)"):
        summed_loss(PREDICTION, Batch(BATCH.x, torch.zeros(6, 1)))


def test_one_loss_per_entry_can_be_asked_for():
    with pytest.raises(ConfigError, match=r"one loss per entry, shape \(6, 3\), got \(\)"):
        summed_loss(PREDICTION, BATCH, nn.MSELoss(), per_entry=True)


@pytest.mark.parametrize(
    "criterion",
    [
        nn.MSELoss(),
        nn.functional.mse_loss,
        lambda prediction, target: (prediction - target).square(),
        lambda prediction, target: (prediction - target).square().sum(),
    ],
)
def test_a_criterion_that_sums_by_hand(criterion):
    prediction = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert summed(criterion)(prediction, torch.zeros(2, 2)) == 1 + 4 + 9 + 16


def test_asking_for_the_sum_leaves_the_users_criterion_alone():
    criterion = nn.MSELoss()
    summed(criterion)
    assert criterion.reduction == "mean"


def test_the_weighted_loss_by_hand():
    y = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    weight = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    loss = batch_loss(torch.zeros(2, 2), Batch(torch.zeros(2, 1), y, weight), squared_error)
    assert (loss.total.item(), loss.counted.item()) == (1 + 4.5 + 8, 2.0)
    assert loss.mean().item() == 6.75


def test_without_weights_it_is_the_mean_squared_error():
    prediction, y = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    loss = batch_loss(prediction, Batch(prediction, y), squared_error).mean()
    torch.testing.assert_close(loss, torch.nn.functional.mse_loss(prediction, y))


def test_weights_of_one_change_nothing():
    prediction, y = torch.randn(5, 3), torch.randn(5, 3)
    weighted = batch_loss(prediction, Batch(y, y, torch.ones_like(y)), squared_error).mean()
    assert torch.equal(weighted, batch_loss(prediction, Batch(y, y), squared_error).mean())


def test_nothing_counted_is_no_loss_and_no_gradient():
    prediction = torch.ones(2, 2, requires_grad=True)
    y = torch.zeros(2, 2)
    loss = batch_loss(prediction, Batch(y, y, torch.zeros(2, 2)), squared_error).mean()
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(prediction.grad, torch.zeros(2, 2))


def test_shapes_that_do_not_fit_are_refused():
    y = torch.zeros(2, 3)
    with pytest.raises(ConfigError, match=r"predicts shape \(2, 1\)"):
        batch_loss(torch.zeros(2, 1), Batch(y, y), squared_error)
    with pytest.raises(ConfigError, match="one loss per entry"):
        batch_loss(y, Batch(y, y), lambda prediction, target: (prediction - target).mean())


def test_sums_of_losses_have_a_mean():
    assert LossSum(torch.tensor(3.0), torch.tensor(0.0)).mean().item() == 3.0
