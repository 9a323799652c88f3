"""Kernels as units, by hand."""

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.sparsity._kernels import kernel_scores, kernel_size, kernels_in_use, whole_kernels
from edgelab.sparsity._selection import share_of


def test_a_kernel_has_a_size_and_a_plain_weight_has_none():
    assert kernel_size((16, 3, 5, 5)) == 25
    with pytest.raises(ConfigError, match=r"kernels .* got the shape \(4, 3\)"):
        kernel_size((4, 3))


@pytest.mark.parametrize(
    ("criterion", "expected"), [(torch.mean, [1.0, 0.5]), (torch.max, [1.0, 0.5])]
)
def test_a_reduction_may_give_indices_too(criterion, expected):
    values = torch.tensor([[[-3.0, 1.0]], [[0.5, 0.5]]])
    assert kernel_scores(values, criterion).tolist() == expected


def test_from_kernels_to_weights_and_back():
    mask = whole_kernels(torch.tensor([True, False]), (2, 1, 2))
    assert mask.tolist() == [[[True, True]], [[False, False]]]
    mask[0, 0, 1] = False
    assert kernels_in_use(mask).tolist() == [True, False]


@pytest.mark.parametrize(("rate", "expected"), [(0.3, 3), (0.0, 0), (-1.0, 0), (2.0, 7)])
def test_a_share_is_rounded_up_and_clamped(rate, expected):
    assert share_of(rate, 7) == expected
