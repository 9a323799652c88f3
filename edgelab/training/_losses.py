"""How far a prediction is from the truth: element-wise criteria, and their mean over the entries
that count.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch.nn import functional

from edgelab.errors import ConfigError
from edgelab.ops import Batch
from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

Criterion: TypeAlias = Callable[[Tensor, Tensor], Tensor]

CRITERIA: Registry[Criterion] = Registry("criterion")


class LossSum(NamedTuple):
    """A loss in two parts, so that losses of batches of different size add up.

    Attributes:
        total: Sum of the losses of all entries, a scalar with its graph.
        counted: Sum of the weights of these entries, a scalar.
    """

    total: Float[Tensor, ""]
    counted: Float[Tensor, ""]

    def mean(self) -> Tensor:
        """Return the loss per counted entry.

        Returns:
            `total / counted`; 0 where nothing counts, because then there is nothing to learn.

        Example:
            >>> LossSum(torch.tensor(6.0), torch.tensor(4.0)).mean()
            tensor(1.5000)
        """
        return self.total / torch.where(
            self.counted > 0, self.counted, torch.ones_like(self.counted)
        )


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


def batch_loss(
    prediction: Float[Tensor, "batch outputs"], batch: Batch, criterion: Criterion
) -> LossSum:
    """Sum the losses of one batch over the entries that count.

    Args:
        prediction: What the model says about `batch.x`.
        batch: The truth and its weights.
        criterion: Element-wise loss.

    Returns:
        Weighted sum of the losses and the sum of the weights (the number of entries without
        weights).

    Raises:
        ConfigError: If prediction and truth differ in shape, or the criterion does not return one
            loss per entry.

    Example:
        >>> weight = torch.tensor([[1.0, 0.0]])
        >>> batch = Batch(torch.zeros(1, 3), torch.tensor([[2.0, 9.0]]), weight)
        >>> batch_loss(torch.zeros(1, 2), batch, squared_error)
        LossSum(total=tensor(4.), counted=tensor(1.))
    """
    if prediction.shape != batch.y.shape:
        raise ConfigError(
            f"the model predicts shape {tuple(prediction.shape)} where y has {tuple(batch.y.shape)}. "
            "Give y one column per output of the model, in the model's order."
        )
    errors = criterion(prediction, batch.y)
    if errors.shape != batch.y.shape:
        raise ConfigError(
            f"the criterion must return one loss per entry, shape {tuple(batch.y.shape)}, got {tuple(errors.shape)}. "
            "Use reduction='none'."
        )
    if batch.weight is None:
        return LossSum(errors.sum(), errors.new_tensor(errors.numel()))
    return LossSum((errors * batch.weight).sum(), batch.weight.sum().to(errors.dtype))
