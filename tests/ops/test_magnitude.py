import itertools

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.ops import MAGNITUDES


@pytest.mark.parametrize(
    ("name", "expected"), [("sum", 7.0), ("l1", 7.0), ("mean", 3.5), ("max", 4.0), ("l2", 5.0)]
)
def test_every_reduction_by_hand(name, expected):
    values = torch.tensor([[[3.0, -4.0], [0.0, 0.0]]])
    assert MAGNITUDES[name](values).tolist() == [[expected, 0.0]]


def test_the_table_above_is_complete():
    assert sorted(MAGNITUDES.names()) == ["l1", "l2", "max", "mean", "sum"]


def test_unknown_reductions_are_refused():
    with pytest.raises(ConfigError, match="unknown channel reduction"):
        MAGNITUDES["median"]


@pytest.mark.parametrize("name", MAGNITUDES.names())
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_layout_in_memory_does_not_matter(name, order):
    values = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(0))
    back = [order.index(axis) for axis in range(3)]
    strided = values.permute(order).contiguous().permute(back)
    torch.testing.assert_close(MAGNITUDES[name](strided), MAGNITUDES[name](values))
