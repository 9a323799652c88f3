"""Products of large float32 matrices in the fastest type that stochastic gradients allow."""

import torch

from edgelab.typing import Float, Tensor

# Below this size the product is cheap anyway, and exact float32 costs nothing.
_SMALLEST_REDUCED = 512


def product_dtype(device: torch.device, dtype: torch.dtype, nodes: int) -> torch.dtype:
    """The type in which to multiply matrices of many nodes.

    Args:
        device: Where they are.
        dtype: Their type.
        nodes: Their size.

    Returns:
        bfloat16 for float32 matrices of at least 512 nodes on a CPU that multiplies bfloat16
        natively, where it halves the time; otherwise the type itself.

    Example:
        >>> product_dtype(torch.device("cpu"), torch.float64, 5000)
        torch.float64
    """
    if device.type != "cpu" or dtype != torch.float32 or nodes < _SMALLEST_REDUCED:
        return dtype
    # Younger than the oldest torch we support.
    get_capabilities = getattr(torch.cpu, "get_capabilities", dict)
    capabilities: dict[str, object] = get_capabilities()
    native = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return torch.bfloat16 if native else dtype


def squared_error_and_slope(
    source: Float[Tensor, "rows sources"],
    target: Float[Tensor, "rows targets"],
    weight: Float[Tensor, "sources targets"],
    dtype: torch.dtype,
) -> tuple[Float[Tensor, ""], Float[Tensor, "sources targets"]]:
    """Sum of squares of source @ weight - target, and its derivative by the weight.

    Args:
        source: Rows of sources.
        target: The same rows of targets.
        weight: Coefficients.
        dtype: The type of the products; results have the type of the weight.

    Returns:
        The sum and the derivative.

    Example:
        >>> source, target, weight = torch.ones(2, 1), torch.zeros(2, 1), torch.full((1, 1), 3.0)
        >>> squared_error_and_slope(source, target, weight, torch.float32)
        (tensor(18.), tensor([[12.]]))
    """
    rows = source.to(dtype)
    error = (rows @ weight.to(dtype)).to(weight.dtype).sub_(target)
    slope = (rows.mT @ error.to(dtype)).to(weight.dtype)
    return error.flatten().dot(error.flatten()), slope.mul_(2)
