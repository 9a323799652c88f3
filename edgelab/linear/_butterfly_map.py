"""The map made of butterfly factors."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.typing import Num, Tensor

from ._butterfly import butterfly_rows, twiddles_of_strides
from ._initial import factory_of
from ._rows import RowsLinear


class ButterflyLinear(RowsLinear):
    """A product of log2(n) butterfly factors: a dense matrix with only O(n log n) parameters.

    Inputs are filled with zeros up to the next power of two n (at least 2); enough products are
    stacked side by side to reach `outsize`; if n is at least twice the power of two above
    `outsize`, groups of outputs are averaged; what lies beyond `outsize` is cut off. Every output
    has a bias of its own.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        complex: Use complex parameters; the output is complex then, the input may be real or
            complex.
        tied_weight: All groups of a stride share their twiddles, 4 (n - 1) numbers instead of 2 n
            log2(n).
        increasing_stride: Apply small strides first.
        ortho_init: Start from rotations and reflections (unitary ones if complex): the matrix
            starts orthogonal if insize = outsize = n.
        **kwargs: `device`, `dtype` (the real type, also if complex), and options of other maps
            (ignored).

    Source: Dao et al. (2019), Learning fast algorithms for linear transforms using butterfly
        factorizations.

    Example:
        >>> layer = ButterflyLinear(8, 8, ortho_init=True)
        >>> matrix = layer.effective_W()
        >>> layer.twiddle.shape, bool(torch.allclose(matrix @ matrix.T, torch.eye(8), atol=1e-5))
        (torch.Size([1, 7, 2, 2]), True)
    """

    shown_options = ("complex", "tied_weight", "increasing_stride")
    rows_per_matrix = float("inf")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        complex: bool = False,  # noqa: A002, the contract's name
        tied_weight: bool = True,
        increasing_stride: bool = True,
        ortho_init: bool = False,
        **kwargs: Any,
    ) -> None:
        factory = factory_of(kwargs)
        if complex:
            factory["dtype"] = (factory["dtype"] or torch.get_default_dtype()).to_complex()
        super().__init__(insize, outsize, bias, False, **{**kwargs, **factory})
        self.complex, self.tied_weight, self.increasing_stride = (
            complex,
            tied_weight,
            increasing_stride,
        )
        self.size = max(2, _power_of_two_above(insize))
        n_stacks, n_strides = -(-outsize // self.size), self.size.bit_length() - 1
        shape = (self.size - 1,) if tied_weight else (n_strides, self.size // 2)
        # Two inputs feed one output of a factor, so a variance of 1/2 keeps that of the rows.
        draw = _unitary_twiddles if ortho_init else _normal_twiddles
        self.twiddle = nn.Parameter(draw((n_stacks, *shape), factory))

    def transform_rows(self, rows: Num[Tensor, "rows insize"]) -> Num[Tensor, "rows outsize"]:
        """Multiply every row by the butterfly factors.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        if self.complex:
            rows = rows.to(self.twiddle.dtype)
        filled = functional.pad(rows, (0, self.size - self.in_features))
        strides = twiddles_of_strides(self.twiddle, tied=self.tied_weight)
        image = butterfly_rows(filled, strides, increasing=self.increasing_stride).flatten(1)
        group = _power_of_two_above(self.out_features)
        if self.size >= 2 * group:
            image = image.unflatten(1, (-1, group)).mean(1)
        return image[:, : self.out_features]


def _power_of_two_above(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _normal_twiddles(shape: tuple[int, ...], factory: dict[str, Any]) -> Num[Tensor, "..."]:
    return torch.randn(*shape, 2, 2, **factory) / 2**0.5


def _unitary_twiddles(shape: tuple[int, ...], factory: dict[str, Any]) -> Num[Tensor, "..."]:
    """Return rotations, half of them reflected; if complex, with a random phase on either row."""
    real_type = (factory["dtype"] or torch.get_default_dtype()).to_real()
    angle = 2 * torch.pi * torch.rand(shape, device=factory["device"], dtype=real_type)
    sign = torch.randint(0, 2, shape, device=factory["device"]).to(real_type) * 2 - 1
    first = torch.stack([angle.cos(), -angle.sin()], -1)
    second = torch.stack([angle.sin(), angle.cos()], -1) * sign[..., None]
    twiddle = torch.stack([first, second], -2)
    if not (factory["dtype"] and factory["dtype"].is_complex):
        return twiddle
    phase = 2 * torch.pi * torch.rand(*shape, 2, 1, device=factory["device"], dtype=real_type)
    return torch.polar(torch.ones_like(phase), phase) * twiddle
