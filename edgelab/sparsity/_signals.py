"""What a mode reads from training besides weights: gradients, or the optimizer's momentum."""

from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

import torch

from edgelab.errors import CaptureError, ConfigError
from edgelab.typing import Float, Tensor

Signal: TypeAlias = Literal["gradient", "momentum"]
Mode = TypeVar("Mode", bound=Callable[..., object])

_SIGNAL_OF: dict[Callable[..., object], Signal] = {}


def reads(signal: Signal) -> Callable[[Mode], Mode]:
    """Declare that a growth or redistribution mode reads a signal.

    Layers that lack the signal are then left as they are, with a warning, instead of reaching the
    mode.

    Args:
        signal: What is read.

    Returns:
        A decorator that returns its argument unchanged.

    Example:
        >>> @reads("gradient")
        ... def my_growth(masking, name, total_regrowth, weight): ...
        >>> signal_of(my_growth)
        'gradient'
    """

    def note(mode: Mode) -> Mode:
        _SIGNAL_OF[mode] = signal
        return mode

    return note


def signal_of(mode: Callable[..., object]) -> Signal | None:
    """The signal that a growth or redistribution mode has declared to read, or None."""
    return _SIGNAL_OF.get(mode)


def momentum_of(optimizer: torch.optim.Optimizer, weight: Tensor) -> Float[Tensor, "..."] | None:
    """Direction in which an optimizer is moving a weight.

    Args:
        optimizer: SGD with momentum, Adam or a relative of them.
        weight: One of its parameters.

    Returns:
        SGD's momentum buffer, or Adam's first moment over the root of its second, without bias
        correction. None before the first step.

    Raises:
        ConfigError: If the optimizer has made a step and keeps no momentum.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.ones(2)
        >>> optimizer = torch.optim.SGD([weight], lr=1.0, momentum=0.9)
        >>> optimizer.step()
        >>> momentum_of(optimizer, weight).tolist()
        [1.0, 1.0]
    """
    state = optimizer.state.get(weight, {})
    if "exp_avg" in state:
        second = state.get("exp_avg_sq")
        return state["exp_avg"] if second is None else state["exp_avg"] / (second.sqrt() + 1e-8)
    if state.get("momentum_buffer") is not None:
        return state["momentum_buffer"]
    if state or _has_no_momentum(optimizer, weight):
        raise ConfigError(
            f"{type(optimizer).__name__} keeps no momentum, which a momentum mode reads. Give it "
            "momentum (SGD: momentum=0.9; or use Adam), or choose growth_mode='absolute-gradient' "
            "and redistribution_mode='grad'."
        )
    return None


def gradient_of(weight: Tensor, name: str) -> Float[Tensor, "..."]:
    """Gradient of a weight, or an explanation."""
    if weight.grad is None:
        raise CaptureError(
            f"the weight {name!r} has no gradient. Call backward first, and zero_grad only "
            "afterwards."
        )
    return weight.grad


def _has_no_momentum(optimizer: torch.optim.Optimizer, weight: Tensor) -> bool:
    for group in optimizer.param_groups:
        if any(parameter is weight for parameter in group["params"]):
            return group.get("momentum", None) == 0 and "betas" not in group
    return False
