"""Sums of products against whole products."""

import pytest
import torch

from edgelab.growth import (
    second_moment_sum,
)


@pytest.mark.parametrize("columns", [1, 127, 128, 129, 300])
def test_second_moments_in_blocks(columns):
    x = torch.randn(50, columns, dtype=torch.float64)
    full = torch.cat([x, torch.ones(50, 1, dtype=torch.float64)], dim=1)
    torch.testing.assert_close(second_moment_sum(x, ones=True), full.T @ full)
    torch.testing.assert_close(second_moment_sum(x), x.T @ x)
