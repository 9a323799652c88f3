"""Butterfly factors: log2(n) sparse ones, each mixing pairs of entries a power of two apart.

A factor of stride h mixes entries j and j + h by a 2 x 2 matrix, its twiddle. Merging the factors
of strides 1 .. h gives a block-diagonal matrix with blocks of size 2h: each entry of a larger block
is one entry of a smaller block times one twiddle, so a merged matrix costs about as many
multiplications as it has entries. All strides merged make the dense n x n matrix; merging the small
and the large strides apart makes two sets of blocks of size about √n, whose product is the same and
cheaper to apply when n is large.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.typing import Num, Tensor

from ._initial import factory_of
from ._rows import RowsLinear

# Up to this size one dense product is faster than two blockwise ones.
LARGEST_DENSE_SIZE = 128


def butterfly_rows(
    x: Num[Tensor, "rows size"],
    strides: Sequence[Num[Tensor, "stacks _groups _stride 2 2"]],
    *,
    increasing: bool = True,
) -> Num[Tensor, "rows stacks size"]:
    """Multiply rows with products of butterfly factors, several products side by side.

    Args:
        x: Rows whose length is a power of two.
        strides: The twiddles of strides 1, 2, 4, ..., as from `twiddles_of_strides`.
        increasing: Apply small strides first.

    Returns:
        One image of every row per stack.

    Source: Dao et al. (2019), Learning fast algorithms for linear transforms using butterfly
        factorizations; two sets of blocks: Dao et al. (2022), Monarch.

    Example:
        >>> add_and_subtract = torch.tensor([[1.0, 1.0], [1.0, -1.0]]).view(1, 1, 1, 2, 2)
        >>> butterfly_rows(torch.tensor([[5.0, 3.0]]), [add_and_subtract])
        tensor([[[8., 2.]]])
    """
    size = x.shape[-1]
    if size <= LARGEST_DENSE_SIZE:
        dense = merge_strides(strides, increasing=increasing)[:, 0]
        return torch.einsum("bi,sij->bsj", x, dense)
    n_small = len(strides) // 2
    inner = 2**n_small
    small = merge_strides(strides[:n_small], increasing=increasing)
    large = merge_strides(
        [_spread(twiddles, inner) for twiddles in strides[n_small:]], increasing=increasing
    )
    grid = x.view(-1, 1, size // inner, inner)
    # Letters: rows b, stacks s, blocks g -> h of the large strides, offsets o -> p inside a block.
    if increasing:
        mixed = torch.einsum("bsgo,sgop->bsgp", grid, small)
        mixed = torch.einsum("bsgo,sogh->bsho", mixed, large.squeeze(2))
    else:
        mixed = torch.einsum("bsgo,sogh->bsho", grid, large.squeeze(2))
        mixed = torch.einsum("bsgo,sgop->bsgp", mixed, small)
    return mixed.reshape(x.shape[0], -1, size)


def twiddles_of_strides(
    twiddle: Num[Tensor, "..."], *, tied: bool
) -> list[Num[Tensor, "stacks _groups _stride 2 2"]]:
    """Sort raw twiddles by stride.

    Args:
        twiddle: Tied `[stacks, size - 1, 2, 2]`, where stride h owns entries h - 1 to 2h - 2 and
            all groups of a stride share them; or untied `[stacks, log2(size), size / 2, 2, 2]`, in
            the order of strides.
        tied: Which of both.

    Returns:
        One tensor per stride 1, 2, 4, ...; tied ones have a single group.

    Example:
        >>> [t.shape[1:3] for t in twiddles_of_strides(torch.zeros(1, 3, 2, 2), tied=True)]
        [torch.Size([1, 1]), torch.Size([1, 2])]
    """
    stacks = twiddle.shape[0]
    if tied:
        n_strides = (twiddle.shape[1] + 1).bit_length() - 1
        return [twiddle[:, None, 2**level - 1 : 2 ** (level + 1) - 1] for level in range(n_strides)]
    return [
        of_stride.reshape(stacks, -1, 2**level, 2, 2)
        for level, of_stride in enumerate(twiddle.unbind(1))
    ]


def merge_strides(
    strides: Sequence[Num[Tensor, "*stacks _groups _stride 2 2"]], *, increasing: bool = True
) -> Num[Tensor, "*stacks groups size size"]:
    """Multiply the factors of consecutive strides out, into dense blocks.

    Args:
        strides: The twiddles of strides 1, 2, 4, ...
        increasing: Apply small strides first.

    Returns:
        The diagonal blocks of the product, `[input, output]`; a single group stands for equal
        blocks.

    Example:
        >>> merge_strides([torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2)])
        tensor([[[1., 3.],
                 [2., 4.]]])
    """
    blocks = torch.ones_like(strides[0][..., :1, :1, :1, 0])
    for twiddles in strides:
        blocks = _merge_stride(blocks, twiddles, increasing)
    return blocks


def _merge_stride(blocks: Tensor, twiddles: Tensor, increasing: bool) -> Tensor:
    """Return neighbouring blocks of size h combined by the twiddles of stride h, of size 2h."""
    stride = twiddles.shape[-3]
    n_groups = twiddles.shape[-4]
    # Blocks [group, half, in, out]; tied ones are equal and keep a single group and half.
    pairs = blocks.unflatten(-3, (n_groups, -1)) if blocks.shape[-3] > 1 else blocks.unsqueeze(-3)
    if increasing:
        # The new factor acts last: entry [in half, in, out half, out] is block[in half][in, out] *
        # t[out].
        merged = pairs.unsqueeze(-2) * twiddles.transpose(-1, -3).unsqueeze(-3)
    else:
        # The new factor acts first: entry [in half, in, out half, out] is block[out half][in, out]
        # * t[in].
        merged = pairs.movedim(-3, -2).unsqueeze(-4) * twiddles.movedim(-1, -3).unsqueeze(-1)
    return merged.reshape(*merged.shape[:-4], 2 * stride, 2 * stride)


def _spread(twiddles: Tensor, inner: int) -> Tensor:
    """Return one stride, counted in blocks of size `inner`, for every offset inside a block."""
    return twiddles.unflatten(-3, (-1, inner)).movedim(-3, 1)


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
        self.complex = complex
        self.tied_weight = tied_weight
        self.increasing_stride = increasing_stride
        self.size = max(2, _power_of_two_above(insize))
        n_stacks = -(-outsize // self.size)
        n_strides = self.size.bit_length() - 1
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
