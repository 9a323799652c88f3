"""Optimizers by name."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from torch import optim
from torch.nn import Parameter

from edgelab.registry import Registry


@runtime_checkable
class OptimizerFactory(Protocol):
    """Makes an optimizer; every registered one takes the same four arguments."""

    def __call__(
        self,
        parameters: Iterable[tuple[str, Parameter]],
        *,
        lr: float,
        weight_decay: float,
        momentum: float,
    ) -> optim.Optimizer:
        """Return an optimizer over `parameters`.

        Args:
            parameters: What to train, with its names, which errors quote.
            lr: Learning rate.
            weight_decay: Strength of the pull towards 0.
            momentum: Share of the last step kept; only for names in `WITH_MOMENTUM`.

        Returns:
            A fresh optimizer.
        """
        ...


OPTIMIZERS: Registry[OptimizerFactory] = Registry("optimizer")
WITH_MOMENTUM = frozenset({"sgd", "rmsprop"})


@OPTIMIZERS.register("adamw")
def _adamw(
    parameters: Iterable[tuple[str, Parameter]], *, lr: float, weight_decay: float, momentum: float
) -> optim.Optimizer:
    return optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)


@OPTIMIZERS.register("adam")
def _adam(
    parameters: Iterable[tuple[str, Parameter]], *, lr: float, weight_decay: float, momentum: float
) -> optim.Optimizer:
    return optim.Adam(parameters, lr=lr, weight_decay=weight_decay)


@OPTIMIZERS.register("sgd")
def _sgd(
    parameters: Iterable[tuple[str, Parameter]], *, lr: float, weight_decay: float, momentum: float
) -> optim.Optimizer:
    return optim.SGD(parameters, lr=lr, weight_decay=weight_decay, momentum=momentum)


@OPTIMIZERS.register("rmsprop")
def _rmsprop(
    parameters: Iterable[tuple[str, Parameter]], *, lr: float, weight_decay: float, momentum: float
) -> optim.Optimizer:
    return optim.RMSprop(parameters, lr=lr, weight_decay=weight_decay, momentum=momentum)
