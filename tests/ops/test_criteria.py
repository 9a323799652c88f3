import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.ops import CRITERIA, choose_criterion


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


def test_unknown_names_list_the_known_ones():
    with pytest.raises(ConfigError, match="close: 'huber'"):
        choose_criterion("hubert")
