"""Convolution kernels as units: one number per kernel in, one decision per kernel out."""

from collections.abc import Callable

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Bool, Float, Tensor

Criterion = Callable[..., object]
"""Reduces the last dimension when called with `dim=-1`: `torch.mean`, `torch.amax`, `torch.max`,
...
"""


def kernel_size(shape: tuple[int, ...]) -> int:
    """Number of weights in one kernel of a convolution's weight.

    Args:
        shape: `(out, in, *kernel)`.

    Returns:
        The product of the kernel's dimensions.

    Raises:
        ConfigError: If there are no kernel dimensions.

    Example:
        >>> kernel_size((16, 3, 5, 5))
        25
    """
    if len(shape) < 3:
        raise ConfigError(
            f"structured modes prune and grow whole kernels of (out, in, *kernel) weights, got the shape {shape}. "
            "Leave this layer out with remove_weight, or choose an unstructured mode."
        )
    return torch.Size(shape[2:]).numel()


def kernel_scores(
    values: Float[Tensor, "*shape"], criterion: Criterion
) -> Float[Tensor, " kernels"]:
    """Reduce every kernel to one magnitude.

    Args:
        values: Weights or gradients, `(out, in, *kernel)`.
        criterion: The reduction; what it returns besides values (indices) is ignored.

    Returns:
        The absolute value of the reduced kernel, in the order of (out, in).

    Example:
        >>> kernel_scores(torch.tensor([[[-3.0, 1.0]], [[0.5, 0.5]]]), torch.mean).tolist()
        [1.0, 0.5]
    """
    kernel_size(tuple(values.shape))
    reduced = criterion(values.flatten(2).flatten(0, 1), dim=-1)
    tensor = reduced if isinstance(reduced, Tensor) else reduced.values  # type: ignore[attr-defined]
    return tensor.abs()


def kernels_in_use(mask: Bool[Tensor, "*shape"]) -> Bool[Tensor, " kernels"]:
    """Tell which kernels have at least one active weight.

    Args:
        mask: Active weights, `(out, in, *kernel)`.

    Returns:
        One entry per kernel, in the order of (out, in).

    Example:
        >>> kernels_in_use(torch.tensor([[[True, False]], [[False, False]]])).tolist()
        [True, False]
    """
    kernel_size(tuple(mask.shape))
    return mask.flatten(2).any(-1).flatten()


def whole_kernels(
    chosen: Bool[Tensor, " kernels"], shape: tuple[int, ...]
) -> Bool[Tensor, "*shape"]:
    """Spread one decision per kernel over its weights.

    Args:
        chosen: One entry per kernel, in the order of (out, in).
        shape: `(out, in, *kernel)`.

    Returns:
        A mask of that shape with memory of its own.

    Example:
        >>> whole_kernels(torch.tensor([True, False]), (2, 1, 2)).tolist()
        [[[True, True]], [[False, False]]]
    """
    return chosen.repeat_interleave(kernel_size(shape)).reshape(shape)
