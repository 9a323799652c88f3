"""One mini-batch, as every loop of the library passes it around."""

from typing import NamedTuple

from edgelab.typing import Float, Tensor


class Batch(NamedTuple):
    """Inputs, responses and, where not every response counts, its weights.

    Attributes:
        x: What the input nodes are set to, `[batch, inputs]`.
        y: What the output nodes should show, `[batch, outputs]`.
        weight: How much each response counts in the loss, `[batch, outputs]`, or None when all
            count fully.
    """

    x: Float[Tensor, "batch inputs"]
    y: Float[Tensor, "batch outputs"]
    weight: Float[Tensor, "batch outputs"] | None = None
