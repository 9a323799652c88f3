"""The type in which linear algebra is done when the parameters are half precision."""

import torch

from edgelab.typing import Num, Tensor


def at_least_float32(values: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:
    """Raise half precision to float32, which triangular solves and eigenvalue routines need.

    Args:
        values: Any tensor.

    Returns:
        The tensor itself, or a float32 copy of a bfloat16 or float16 one.

    Example:
        >>> at_least_float32(torch.ones(2, dtype=torch.bfloat16)).dtype
        torch.float32
    """
    return values.float() if values.dtype in {torch.bfloat16, torch.float16} else values
