import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.inference.gsnn._summed_loss import summed_loss
from edgelab.ops import Batch

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
