"""Means over samples."""

import pytest
import torch

from edgelab.errors import GrowthError
from edgelab.growth import (
    TensorStatistic,
)


def test_statistics_refuse_updates_of_another_shape():
    statistic = TensorStatistic((2,), lambda: (torch.zeros(3), 1), name="S")
    with pytest.raises(GrowthError, match=r"S should get updates of shape \(2,\), got \(3,\)"):
        statistic.update()
    with pytest.raises(GrowthError, match="has counted no sample"):
        statistic()
