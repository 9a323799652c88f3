"""New neurons that should read nothing, behind an activation with a kink at 0.

At exactly 0 a ReLU passes no gradient, so such neurons would stay dead. They get a small positive
bias, whose effect the next layer's bias takes away; where there is no bias, a short step the way
they will go, past which half of the samples count.
"""

import torch

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._activations import has_kink_at_zero, norms_in, without_norms
from ._outlet import Outlet
from ._resize import Growable

# In mean lengths of what present neurons read: short enough to keep the function nearly.
_SHORT_STEP = 1e-3


def reading_nothing(
    alpha: Float[Tensor, "neurons readings"], before: Outlet
) -> tuple[Float[Tensor, "neurons readings"], Float[Tensor, ""] | None]:
    """What neurons read that keep the function, and the constant they are lifted by, if any."""
    function = before.function()
    # Behind a concatenation, what a neuron reads tells whose it is, so it cannot be nothing.
    if not has_kink_at_zero(function) and len(before.blocks()) == 1:
        return torch.zeros_like(alpha), None
    if any(norms_in(function)):
        raise GrowthError(
            "neurons that read nothing stay dead behind a norm and an activation with a kink at 0; "
            "use omega_zero instead of alpha_zero, or a smooth activation"
        )
    lift = before.constant_lift().to(alpha)
    if lift == 0:
        length = _SHORT_STEP * before.reading_length().to(alpha)
        return alpha * (length / alpha.norm(dim=1, keepdim=True)), None
    lifted = torch.zeros_like(alpha)
    lifted[:, -1] = lift
    return lifted, lift


def lifted_output(
    lift: Float[Tensor, ""], incoming: Growable, before: Outlet
) -> Float[Tensor, " outputs"]:
    """What lifted neurons add to every sample, before the scaling of `incoming`."""
    weight = incoming.weight
    if weight.ndim > 2:
        weight = weight.flatten(2).sum(dim=2)  # all taps of a kernel see the same constant
    readings = (before.scaling * lift).to(weight).expand(weight.shape[1])
    return weight @ without_norms(before.function())(readings)
