"""What a GSNN computed inside its functions during one forward and backward pass."""

import torch

from edgelab.errors import CaptureError
from edgelab.typing import Float, Tensor


class ActivationCache:
    """Hidden values of every block and their gradients; made by `GSNN.capture()`.

    The last forward pass counts. Values stay readable after the `with` block has ended, for as long
    as the cache lives.

    Attributes:
        stage: `"pre_norm"` (after the inward product) or `"post_norm"` (what leaves the function).
        values: One tensor `[batch, functions, channels]` per block, part of the graph of the
            prediction: pass them to `torch.autograd.grad` to get gradients without touching the
            parameters'.
    """

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.values: list[Float[Tensor, "batch nodes channels"]] = []

    @property
    def activations(self) -> Float[Tensor, "layers batch nodes channels"]:
        """Hidden values, detached.

        Raises:
            CaptureError: If no forward pass has run since the capture began.
        """
        return torch.stack([value.detach() for value in self._captured()])

    @property
    def gradients(self) -> Float[Tensor, "layers batch nodes channels"]:
        """Gradients of the loss with respect to `activations`; zero where it depends on none.

        Raises:
            CaptureError: If `loss.backward()` has not run, or ran before the last forward pass.
        """
        values = self._captured()
        if all(value.grad is None for value in values):
            raise CaptureError(
                "no gradient has reached the captured activations; call loss.backward() after the "
                "forward pass and inside the same `with model.capture()` block, with gradients "
                "enabled"
            )
        return torch.stack([torch.zeros_like(v) if v.grad is None else v.grad for v in values])

    def gradients_of(self, loss: Float[Tensor, ""]) -> Float[Tensor, "layers batch nodes channels"]:
        """Gradients of any scalar with respect to `activations`; no `.grad` is touched.

        Args:
            loss: A scalar that depends on the prediction of the captured forward pass.

        Returns:
            The gradients; zero where the loss does not depend on an activation.

        Raises:
            CaptureError: If no forward pass has run, or it ran with gradients disabled.
        """
        values = self._captured()
        if not all(value.requires_grad for value in values):
            raise CaptureError(
                "the forward pass ran with gradients disabled; run it under torch.enable_grad()"
            )
        return torch.stack(torch.autograd.grad(loss, values, materialize_grads=True))

    def _captured(self) -> list[Tensor]:
        if not self.values:
            raise CaptureError(
                "nothing captured yet; run model(x) inside the `with model.capture()` block first"
            )
        return self.values

    def start(self) -> None:
        """Forget the previous forward pass."""
        self.values = []

    def record(self, value: Float[Tensor, "batch nodes channels"]) -> Tensor:
        """Keep the next block's value, and its gradient once it comes.

        Args:
            value: Hidden values of a block.

        Returns:
            The tensor to go on with, so that the gradient flows through what was kept.
        """
        if torch.is_grad_enabled():
            value = value if value.requires_grad else value.requires_grad_()
            value.retain_grad()
        self.values.append(value)
        return value
