import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.ops import Batch
from edgelab.training import CRITERIA, LossSum, batch_loss, choose_criterion, squared_error


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


@pytest.mark.parametrize("name", CRITERIA.names())
def test_every_criterion_gives_one_loss_per_entry_and_has_its_minimum_at_the_truth(name):
    criterion = CRITERIA[name]
    target = torch.sigmoid(torch.randn(4, 3, dtype=torch.float64))
    best = torch.logit(target) if name == "binary_cross_entropy" else target
    best = best.clone().requires_grad_()
    losses = criterion(best, target)
    assert losses.shape == target.shape
    assert (losses >= 0).all()
    assert (criterion(best + 0.5, target) > losses).all()
    assert (criterion(best - 0.5, target) > losses).all()


def test_shapes_that_do_not_fit_are_refused():
    y = torch.zeros(2, 3)
    with pytest.raises(ConfigError, match=r"predicts shape \(2, 1\)"):
        batch_loss(torch.zeros(2, 1), Batch(y, y), squared_error)
    with pytest.raises(ConfigError, match="one loss per entry"):
        batch_loss(y, Batch(y, y), lambda prediction, target: (prediction - target).mean())


def test_unknown_names_list_the_known_ones():
    with pytest.raises(ConfigError, match="close: 'huber'"):
        choose_criterion("hubert")


def test_sums_of_losses_have_a_mean():
    assert LossSum(torch.tensor(3.0), torch.tensor(0.0)).mean().item() == 3.0
