"""The type in which linear algebra is done when the parameters are half precision."""

from contextlib import AbstractContextManager, nullcontext

import torch

from edgelab.typing import Num, Tensor


def at_least_float32(values: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:
    """Raise half precision to float32, which triangular solves and eigenvalue routines need."""
    return values.float() if values.dtype in {torch.bfloat16, torch.float16} else values


def full_precision(tensor: Num[Tensor, "*shape"]) -> AbstractContextManager[object]:
    """Switch autocast off where it is on, so that orthogonality is not lost to half precision."""
    device = tensor.device.type
    is_on = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.autocast(device, enabled=False) if is_on else nullcontext()
