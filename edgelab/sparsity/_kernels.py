"""Convolution kernels as units: one number per kernel in, one decision per kernel out."""

from collections.abc import Callable

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Bool, Float, Tensor

Criterion = Callable[..., object]
"""Reduces the last dimension when called with `dim=-1`: `torch.mean`, `torch.amax`, `torch.max`."""


def kernel_size(shape: tuple[int, ...]) -> int:
    """Number of weights in one kernel of a weight `(out, in, *kernel)`."""
    if len(shape) < 3:
        raise ConfigError(
            "structured modes prune and grow whole kernels of (out, in, *kernel) weights, got the "
            f"shape {shape}. Leave this layer out with remove_weight, or choose an unstructured "
            "mode."
        )
    return torch.Size(shape[2:]).numel()


def kernel_scores(
    values: Float[Tensor, "*shape"], criterion: Criterion
) -> Float[Tensor, " kernels"]:
    """Reduce every kernel to one magnitude, in the order of (out, in)."""
    kernel_size(tuple(values.shape))
    reduced = criterion(values.flatten(2).flatten(0, 1), dim=-1)
    # Reductions such as torch.amax return a tensor, those such as torch.max its indices too.
    tensor = reduced if isinstance(reduced, Tensor) else reduced.values  # type: ignore[attr-defined]
    return tensor.abs()


def kernels_in_use(mask: Bool[Tensor, "*shape"]) -> Bool[Tensor, " kernels"]:
    """Which kernels have at least one active weight, in the order of (out, in)."""
    kernel_size(tuple(mask.shape))
    return mask.flatten(2).any(-1).flatten()


def whole_kernels(
    chosen: Bool[Tensor, " kernels"], shape: tuple[int, ...]
) -> Bool[Tensor, "*shape"]:
    """Spread one decision per kernel over its weights, into memory of its own."""
    return chosen.repeat_interleave(kernel_size(shape)).reshape(shape)
