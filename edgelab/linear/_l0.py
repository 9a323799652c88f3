"""Maps whose entries are switched off by stochastic gates, with an expected L0 cost."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._base import LinearBase
from ._bounds import Number
from ._initial import factory_of
from ._precision import at_least_float32

# The interval over which the concrete distribution is stretched, and the distance kept from
# probabilities 0 and 1: the values of the paper.
LOWER, UPPER, MARGIN = -0.1, 1.1, 1e-6


def hard_concrete(
    log_alpha: Float[Tensor, "*shape"],
    noise: Float[Tensor, "*shape"] | None = None,
    temperature: Number = 2 / 3,
) -> Float[Tensor, "*shape"]:
    """Draw gates from the hard concrete distribution, or give its deterministic estimate.

    Args:
        log_alpha: Log odds of each gate.
        noise: Uniform random numbers strictly between 0 and 1; None for the estimate.
        temperature: Small values push the gates towards 0 and 1.

    Returns:
        Gates in [0, 1].

    Source: Louizos, Welling and Kingma (2018), Learning sparse neural networks through L0
        regularization.

    Example:
        >>> hard_concrete(torch.tensor([-9.0, 0.0, 9.0]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    logits = log_alpha if noise is None else (torch.logit(noise) + log_alpha) / temperature
    # hardtanh is clamp with a backward pass of one kernel instead of four.
    return functional.hardtanh(torch.sigmoid(logits) * (UPPER - LOWER) + LOWER, 0, 1)


def stretched_concrete_cdf(
    x: Number, log_alpha: Float[Tensor, "*shape"], temperature: Number = 2 / 3
) -> Float[Tensor, "*shape"]:
    """Probability that a stretched concrete variable, before it is clamped to [0, 1], is at most x.

    Args:
        x: A number strictly between the ends of the stretched interval, -0.1 and 1.1.
        log_alpha: Log odds of each gate.
        temperature: As in `hard_concrete`.

    Returns:
        Probabilities, kept 1e-6 away from 0 and 1. At `x=0`: that a gate is closed.

    Source: Louizos, Welling and Kingma (2018), Learning sparse neural networks through L0
        regularization.

    Example:
        >>> stretched_concrete_cdf(0.5, torch.zeros(1))
        tensor([0.5000])
    """
    share = (x - LOWER) / (UPPER - LOWER)
    odds = math.log(share) - math.log(1 - share)
    return torch.sigmoid(odds * temperature - log_alpha).clamp(MARGIN, 1 - MARGIN)


class L0Linear(LinearBase):
    """A matrix whose entries gates switch on and off, sparse when trained with `reg_error`.

    In training mode every call of `effective_W` draws new gates (from torch's global generator, as
    dropout does), one set for the whole mini-batch; in evaluation mode the gates are deterministic.
    `reg_error` is the expected cost and grows with every open gate, so minimising it closes gates.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        weight_decay: Weight of the squared entries in the cost.
        droprate_init: Share of gates closed at first, strictly between 0 and 1.
        temperature: Small values push the gates towards 0 and 1.
        lamda: Cost of an open gate.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If `droprate_init` is not strictly between 0 and 1, or `temperature` is not
            positive.

    Source: Louizos, Welling and Kingma (2018), Learning sparse neural networks through L0
        regularization.

    Example:
        >>> layer = L0Linear(4, 3).eval()
        >>> bool(torch.equal(layer.effective_W(), layer.effective_W()))
        True
        >>> layer.reg_error().item() > 0
        True
    """

    shown_options = ("weight_decay", "droprate_init", "temperature", "lamda")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = True,
        weight_decay: Number = 1.0,
        droprate_init: Number = 0.5,
        temperature: Number = 2 / 3,
        lamda: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        if not (0 < droprate_init < 1 and temperature > 0):
            raise ConfigError(
                "droprate_init must lie strictly between 0 and 1 and temperature above 0, got "
                f"{droprate_init!r} and {temperature!r}; for next to no dropout pass a small "
                "droprate_init"
            )
        super().__init__(insize, outsize, bias, True, **kwargs)
        self.weight_decay = weight_decay
        self.lamda = lamda
        self.droprate_init = droprate_init
        self.temperature = temperature
        log_odds = math.log(1 - droprate_init) - math.log(droprate_init)
        self.qz_loga = nn.Parameter(
            log_odds + 0.01 * torch.randn(insize, outsize, **factory_of(kwargs))
        )

    def cdf_qz(self, x: Number) -> Float[Tensor, "insize outsize"]:
        """Return the probability that each gate, before it is clamped to [0, 1], is at most x.

        Args:
            x: A number strictly between -0.1 and 1.1.

        Returns:
            Probabilities.
        """
        return stretched_concrete_cdf(x, at_least_float32(self.qz_loga), self.temperature)

    def quantile_concrete(
        self, x: Float[Tensor, "insize outsize"]
    ) -> Float[Tensor, "insize outsize"]:
        """Return the quantiles of the gates.

        Args:
            x: Probabilities strictly between 0 and 1; uniform random numbers make random gates.

        Returns:
            Gates in [0, 1].
        """
        return hard_concrete(at_least_float32(self.qz_loga), x, self.temperature)

    def get_eps(self, size: torch.Size | tuple[int, ...]) -> Float[Tensor, "insize outsize"]:
        """Draw uniform random numbers for the gates.

        Args:
            size: Shape of the draw.

        Returns:
            Numbers strictly between 0 and 1.
        """
        anchor = at_least_float32(self.qz_loga.detach())
        return torch.empty(size, dtype=anchor.dtype, device=anchor.device).uniform_(
            MARGIN, 1 - MARGIN
        )

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the gated weight: freshly drawn gates in training mode, their estimate otherwise.

        Returns:
            The matrix that the map multiplies its input with.
        """
        if self.training:
            gates = self.quantile_concrete(self.get_eps(self.qz_loga.shape))
        else:
            gates = hard_concrete(at_least_float32(self.qz_loga))
        return gates.to(self.weight.dtype) * self.weight

    def reg_error(self) -> Float[Tensor, ""]:
        """Return the expected cost: an open gate costs its row of the weight; the bias is decayed.

        Returns:
            A scalar above 0 that grows with the number of open gates.
        """
        open_per_row = (1 - self.cdf_qz(0.0)).sum(1).to(self.weight.dtype)
        cost_of_row = (self.weight_decay / 2 * self.weight.square() + self.lamda).sum(1)
        cost = (open_per_row * cost_of_row).sum()
        if self.bias is None:
            return cost
        return cost + self.weight_decay / 2 * self.bias.square().sum()
