"""Merged butterfly factors against one factor after the other, in a plain loop."""

import pytest
import torch

from edgelab.linear import (
    ButterflyLinear,
    butterfly_rows,
    merge_strides,
    twiddles_of_strides,
)
from edgelab.linear._butterfly import LARGEST_DENSE_SIZE


def one_by_one(
    x: torch.Tensor, twiddle: torch.Tensor, tied: bool, increasing: bool
) -> torch.Tensor:
    """Mix pairs (j, j + stride) of every row by the twiddles of one stack."""
    size = x.shape[1]
    levels = range(size.bit_length() - 1)
    for level in levels if increasing else reversed(levels):
        stride, mixed = 2**level, x.clone()
        pairs = [start + offset for start in range(0, size, 2 * stride) for offset in range(stride)]
        for pair, j in enumerate(pairs):
            t = twiddle[stride - 1 + j % stride] if tied else twiddle[level, pair]
            mixed[:, j] = t[0, 0] * x[:, j] + t[0, 1] * x[:, j + stride]
            mixed[:, j + stride] = t[1, 0] * x[:, j] + t[1, 1] * x[:, j + stride]
        x = mixed
    return x


@pytest.mark.parametrize("size", [2, 4, 16, 2 * LARGEST_DENSE_SIZE])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("increasing", [True, False])
def test_merged_factors_agree_with_single_ones(size, tied, increasing):
    layer = ButterflyLinear(
        size, 2 * size, tied_weight=tied, increasing_stride=increasing, dtype=torch.float64
    )
    x = torch.randn(3, size, dtype=torch.float64)
    expected = torch.cat([one_by_one(x, stack, tied, increasing) for stack in layer.twiddle], 1)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("size", [8, 2 * LARGEST_DENSE_SIZE])
def test_orthogonal_start(is_complex, tied, size):
    layer = ButterflyLinear(
        size, size, complex=is_complex, tied_weight=tied, ortho_init=True, dtype=torch.float64
    )
    matrix = layer.effective_W()
    torch.testing.assert_close(matrix @ matrix.mH, torch.eye(size, dtype=matrix.dtype))


def test_complex_map_takes_real_and_complex_rows():
    layer = ButterflyLinear(6, 4, bias=True, complex=True)
    x = torch.randn(5, 6)
    assert layer(x).dtype == layer.bias.dtype == layer.effective_W().dtype == torch.complex64
    torch.testing.assert_close(layer(x), layer(x.to(torch.complex64)))
    torch.testing.assert_close(layer(x), x.to(torch.complex64) @ layer.effective_W() + layer.bias)
    (layer(x).abs().sum() + layer.reg_error()).backward()
    assert layer.twiddle.grad.abs().min() > 0


def test_the_fourier_transform_is_a_butterfly():
    # Decimation in time: after a bit reversal, stride h mixes by twiddles exp(-i pi p / h).
    size = 8
    strides = []
    for level in range(3):
        stride = 2**level
        root = torch.polar(
            torch.ones(stride, dtype=torch.float64),
            -torch.pi * torch.arange(stride, dtype=torch.float64) / stride,
        )
        one = torch.ones_like(root)
        strides.append(torch.stack([one, root, one, -root], -1).view(1, 1, stride, 2, 2))
    x = torch.randn(4, size, dtype=torch.complex128)
    bit_reversed = x[:, [0, 4, 2, 6, 1, 5, 3, 7]]
    torch.testing.assert_close(butterfly_rows(bit_reversed, strides)[:, 0], torch.fft.fft(x))


def test_dense_blocks_and_two_sets_of_blocks_agree(monkeypatch):
    twiddle = torch.randn(2, 6, 32, 2, 2, dtype=torch.float64)
    strides = twiddles_of_strides(twiddle, tied=False)
    x = torch.randn(3, 64, dtype=torch.float64)
    for increasing in (True, False):
        dense = torch.einsum("bi,sio->bso", x, merge_strides(strides, increasing=increasing)[:, 0])
        with monkeypatch.context() as patch:
            patch.setattr("edgelab.linear._butterfly.LARGEST_DENSE_SIZE", 1)
            torch.testing.assert_close(butterfly_rows(x, strides, increasing=increasing), dense)


def test_scale_is_kept_at_the_start():
    torch.manual_seed(0)
    with torch.no_grad():
        scale = torch.stack(
            [ButterflyLinear(64, 64)(torch.randn(50, 64)).square().mean() for _ in range(40)]
        ).mean()
    assert 0.5 < scale < 2
