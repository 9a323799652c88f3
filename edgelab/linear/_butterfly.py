"""Products of butterfly factors: log2(n) sparse factors, each mixing pairs of entries a power of
two apart.

A factor of stride h mixes entries j and j + h by a 2 x 2 matrix, its twiddle. Merging the factors
of strides 1 .. h gives a block-diagonal matrix with blocks of size 2h: each entry of a larger block
is one entry of a smaller block times one twiddle, so a merged matrix costs about as many
multiplications as it has entries. All strides merged make the dense n x n matrix; merging the small
and the large strides apart makes two sets of blocks of size about √n, whose product is the same and
cheaper to apply when n is large.
"""

from collections.abc import Sequence

import torch

from edgelab.typing import Num, Tensor

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
    stride, n_groups = twiddles.shape[-3], twiddles.shape[-4]
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
