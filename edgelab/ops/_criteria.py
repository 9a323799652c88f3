"""Criteria by name: how far every entry of a prediction is from the truth."""

from collections.abc import Callable
from typing import TypeAlias

from torch.nn import functional

from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

Criterion: TypeAlias = Callable[[Tensor, Tensor], Tensor]

CRITERIA: Registry[Criterion] = Registry("criterion")


@CRITERIA.register("squared_error")
def squared_error(
    prediction: Float[Tensor, "batch outputs"], target: Float[Tensor, "batch outputs"]
) -> Float[Tensor, "batch outputs"]:
    """Squared difference of every entry.

    Args:
        prediction: What the model says.
        target: What was measured.

    Returns:
        One value per entry, at least 0.

    Example:
        >>> import torch
        >>> squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]]))
        tensor([[1., 4.]])
    """
    return (prediction - target).square()


@CRITERIA.register("absolute_error")
def absolute_error(
    prediction: Float[Tensor, "batch outputs"], target: Float[Tensor, "batch outputs"]
) -> Float[Tensor, "batch outputs"]:
    """Absolute difference of every entry: less drawn by outliers than the squared one.

    Args:
        prediction: What the model says.
        target: What was measured.

    Returns:
        One value per entry, at least 0.

    Example:
        >>> import torch
        >>> absolute_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]]))
        tensor([[1., 2.]])
    """
    return (prediction - target).abs()


@CRITERIA.register("huber")
def huber_error(
    prediction: Float[Tensor, "batch outputs"], target: Float[Tensor, "batch outputs"]
) -> Float[Tensor, "batch outputs"]:
    """Half the squared difference up to 1, linear beyond: `torch.nn.functional.huber_loss`.

    Args:
        prediction: What the model says.
        target: What was measured, in units in which 1 is a large error (standard deviations).

    Returns:
        One value per entry, at least 0.

    Example:
        >>> import torch
        >>> huber_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]]))
        tensor([[0.5000, 1.5000]])
    """
    return functional.huber_loss(prediction, target, reduction="none")


@CRITERIA.register("binary_cross_entropy")
def binary_cross_entropy(
    prediction: Float[Tensor, "batch outputs"], target: Float[Tensor, "batch outputs"]
) -> Float[Tensor, "batch outputs"]:
    """Negative log-likelihood of a yes/no response.

    Args:
        prediction: Logits, any real number.
        target: Probabilities in [0, 1].

    Returns:
        One value per entry, at least 0.

    Example:
        >>> import torch
        >>> binary_cross_entropy(torch.tensor([[0.0]]), torch.tensor([[1.0]]))
        tensor([[0.6931]])
    """
    return functional.binary_cross_entropy_with_logits(prediction, target, reduction="none")


def choose_criterion(criterion: str | Criterion) -> Criterion:
    """Look up a criterion by name, or pass a function through.

    Args:
        criterion: A name in `CRITERIA`, or `function(prediction, target)` that returns one loss per
            entry.

    Returns:
        The function.

    Example:
        >>> choose_criterion("absolute_error") is absolute_error
        True
    """
    return CRITERIA[criterion] if isinstance(criterion, str) else criterion
