import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.training import SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES.names())
@given(losses=st.lists(st.floats(0, 10), max_size=29))
def test_every_schedule_starts_at_one_and_never_rises(name, losses):
    factors = [SCHEDULES[name](losses[:done], 30, 2, 0.5) for done in range(len(losses) + 1)]
    assert factors[0] == 1
    assert all(0 < later <= earlier for earlier, later in itertools.pairwise(factors))


def test_cosine_agrees_with_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=12)
    for done in range(12):
        assert SCHEDULES["cosine"]([0.0] * done, 12, 1, 0.1) == pytest.approx(
            optimizer.param_groups[0]["lr"]
        )
        optimizer.step()
        reference.step()


def test_plateau_by_hand():
    losses = [3.0, 2.0, 2.0, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5]
    factors = [SCHEDULES["plateau"](losses[:done], 99, 2, 0.5) for done in range(10)]
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
