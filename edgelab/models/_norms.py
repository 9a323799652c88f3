"""Normalisations of the hidden channels `[nodes, channels, batch]`, chosen by name.

Blocks keep functions in the order of their inward rank; parameters and running statistics are kept
in the order of the graph, and `order` (which node stands in each row) and `rank` (in which row each
node stands) join the two. The same classes normalise the edge state, seen as `[rows, 1, batch]`.

Where functions are not equally wide, `present` tells which channels of the common width are there.
What comes in is zero elsewhere; what goes out means nothing there, and statistics over channels are
taken over those present.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import nn

from edgelab.registry import Registry
from edgelab.typing import Float, Int, Tensor

from ._channels import presence, reshape_parameter, widened

Hidden = Float[Tensor, "rows channels batch"]


class Norm(nn.Module):
    """Base: knows where nodes stand and which channels they have, and says what kind of norm it is.

    Args:
        n_nodes: Number of nodes (or edges).
        channels: Channels of each.
        order: `[rows]`, the node in each row; −1 for padding.
        rank: `[nodes]`, the row of each node.

    Attributes:
        mixes_channels: Whether the value of one channel depends on the others of its function, so
            that a new channel would change them.
        keeps_magnitude: Whether values after the norm still say how strongly a function responded:
            a norm within one sample divides that away.
        needs_its_output: Whether the backward pass reads the result, which then must not be
            overwritten.
        parameters_per_channel: How many parameters a new channel of a function brings.
        n_unused: How many entries of the parameters belong to channels that are absent.
    """

    mixes_channels = False
    keeps_magnitude = False
    needs_its_output = False
    parameters_per_channel = 0
    n_unused = 0
    order: Tensor
    present: Tensor | None

    def __init__(
        self, n_nodes: int, channels: int, order: Int[Tensor, " rows"], rank: Int[Tensor, " nodes"]
    ) -> None:
        super().__init__()
        self.register_buffer("order", order.clamp(min=0), persistent=False)
        self.register_buffer("present", None, persistent=False)

    def resize(
        self,
        counts: Int[Tensor, " nodes"],
        width: int,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> None:
        """Give nodes other numbers of channels, in place.

        Args:
            counts: Channels of every node.
            width: The common width.
            optimizer: Its memory of the parameters changes along with them.
        """
        here = presence(counts.to(self.order.device), width)
        self.present = None if here is None else here.index_select(0, self.order).unsqueeze(-1)


class RowNorm(Norm):
    """Base: a scale and a shift per node or per channel of a node.

    Attributes:
        eps: Added to what is divided by.
        per_channel: Whether every channel has a scale and a shift of its own.
        has_shift: Whether there is a shift.
    """

    eps = 1e-5
    per_channel = False
    has_shift = True
    rank: Tensor

    def __init__(
        self, n_nodes: int, channels: int, order: Int[Tensor, " rows"], rank: Int[Tensor, " nodes"]
    ) -> None:
        super().__init__(n_nodes, channels, order, rank)
        size = n_nodes * channels if self.per_channel else n_nodes
        self.shape = (n_nodes, channels if self.per_channel else 1, 1)
        self.register_buffer("rank", rank, persistent=False)
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size)) if self.has_shift else None

    @property
    def parameters_per_channel(self) -> int:  # type: ignore[override]
        """A scale and a shift, where every channel has its own."""
        if not self.per_channel:
            return 0
        return 2 if self.has_shift else 1

    @property
    def n_unused(self) -> int:  # type: ignore[override]
        """How many entries of the parameters belong to channels that are absent."""
        if self.present is None:
            return 0
        absent = self.shape[0] * self.shape[1] - int(self.present.index_select(0, self.rank).sum())
        return absent * self.parameters_per_channel

    def resize(
        self,
        counts: Int[Tensor, " nodes"],
        width: int,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> None:
        """Give nodes other numbers of channels; new scales are 1 and new shifts 0. See `Norm`."""
        if self.per_channel:
            self._resize_parameters(width, optimizer)
            self.shape = (self.shape[0], width, 1)
        super().resize(counts, width, optimizer)

    def _resize_parameters(self, width: int, optimizer: torch.optim.Optimizer | None) -> None:
        reshape_parameter(self.weight, partial(self._reshaped, width=width), optimizer, 1.0)
        if self.bias is not None:
            reshape_parameter(self.bias, partial(self._reshaped, width=width), optimizer)

    def _reshaped(self, values: Tensor, fill: float, width: int) -> Tensor:
        values = values.view(self.shape[:2])
        if self.present is not None:  # whatever stood in the padding belongs to no new channel
            values = values.masked_fill(~self.present.index_select(0, self.rank).squeeze(-1), fill)
        return widened(values, fill, width).flatten()

    def channel_mean(self, values: Hidden) -> Float[Tensor, "rows 1 batch"]:
        """Mean over the channels that are there; values must be zero elsewhere."""
        if self.present is None:
            return values.mean(1, keepdim=True)
        return values.sum(1, keepdim=True) / self.present.sum(1, keepdim=True)

    def where_present(self, values: Hidden) -> Hidden:
        """Set values of absent channels to zero."""
        return values if self.present is None else values * self.present

    def rows(self, values: Tensor) -> Float[Tensor, "rows #channels 1"]:
        """Bring a value per node or channel into the order of the rows."""
        return values.view(self.shape).index_select(0, self.order)

    def affine(self, normalised: Hidden) -> Hidden:
        """Scale and shift."""
        scaled = normalised * self.rows(self.weight)
        return scaled if self.bias is None else scaled + self.rows(self.bias)


class LayerNorm(RowNorm):
    """Per node and sample: (h − mean) / (sd + 0.1) over the channels, with the true gradient.

    The standard deviation is the unbiased one; a node with one channel has sd 0, so that only its
    shift remains. The 0.1 keeps nodes that carry little from being blown up to the size of the
    others.
    """

    mixes_channels = True
    eps = 0.1

    def forward(self, hidden: Hidden) -> Hidden:
        """Normalise; the shape stays."""
        centred = self.where_present(hidden - self.channel_mean(hidden))
        width = hidden.shape[1] if self.present is None else self.present.sum(1, keepdim=True)
        freedom = max(width - 1, 1) if isinstance(width, int) else (width - 1).clamp(min=1)
        square = centred.square().sum(1, keepdim=True) / freedom
        # √ has an infinite slope at 0, where the gradient should be 0: keep such entries out of its
        # backward.
        positive = square > 0
        deviation = torch.where(positive, torch.where(positive, square, 1.0).sqrt(), 0.0)
        return self.affine(centred / (deviation + self.eps))


class RMSNorm(RowNorm):
    """Per node and sample: h / √(mean of h² over the channels + 1e-6); a scale and no shift."""

    mixes_channels = True
    eps = 1e-6
    has_shift = False

    def forward(self, hidden: Hidden) -> Hidden:
        """Normalise; the shape stays."""
        return self.affine(hidden * (self.channel_mean(hidden.square()) + self.eps).rsqrt())


class RunningNorm(RowNorm):
    """Normalisation by a mean and a variance over the batch, remembered for evaluation.

    Attributes:
        remembers: Whether a batch moves the running statistics in training; see
            `frozen_statistics`.
        running_mean: Moving average of the mean, one per node or channel.
        running_var: Moving average of the variance (over n − 1 if `unbiased_running_var`, as torch
            does).
    """

    momentum = 0.1
    unbiased_running_var = False
    uses_running_while_training = False
    remembers = True
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, n_nodes: int, channels: int, order: Int[Tensor, " rows"], rank: Int[Tensor, " nodes"]
    ) -> None:
        super().__init__(n_nodes, channels, order, rank)
        self.register_buffer("running_mean", torch.zeros(self.weight.numel()))
        self.register_buffer("running_var", torch.ones(self.weight.numel()))

    def forward(self, hidden: Hidden) -> Hidden:
        """Normalise; the shape stays. In training mode the running statistics move."""
        if not hidden.shape[-1]:
            return hidden  # an empty batch has no statistics
        if self.training:
            dims = (2,) if self.per_channel else (1, 2)
            variance, mean = torch.var_mean(hidden, dims, correction=0, keepdim=True)
            if self.present is not None and not self.per_channel:
                mean = self.channel_mean(hidden).mean(2, keepdim=True)
                spread = self.where_present(hidden - mean).square()
                variance = self.channel_mean(spread).mean(2, keepdim=True)
            if self.remembers:
                n = hidden.shape[1] * hidden.shape[2] // self.shape[1]
                self._remember(mean.detach(), variance.detach(), n)
        if not self.training or self.uses_running_while_training:
            mean = self.rows(self.running_mean)
            variance = self.rows(self.running_var)
        return self.affine((hidden - mean) * (variance + self.eps).rsqrt())

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, n: int) -> None:
        if self.unbiased_running_var:
            variance = variance * (n / max(n - 1, 1))
        for running, now in ((self.running_mean, mean), (self.running_var, variance)):
            running.lerp_(now.index_select(0, self.rank).flatten().to(running), self.momentum)

    def _resize_parameters(self, width: int, optimizer: torch.optim.Optimizer | None) -> None:
        super()._resize_parameters(width, optimizer)
        self.running_mean = self._reshaped(self.running_mean, 0.0, width)
        self.running_var = self._reshaped(self.running_var, 1.0, width)


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of all norms in a module as they are, also in training mode."""
    # For passes that see a batch a second time, as recomputation in the backward pass does: counted
    # twice, a batch would move the statistics twice.
    norms = [norm for norm in module.modules() if isinstance(norm, RunningNorm)]
    before = [norm.remembers for norm in norms]
    try:
        for norm in norms:
            norm.remembers = False
        yield
    finally:
        for norm, remembered in zip(norms, before, strict=True):
            norm.remembers = remembered


class BatchNorm(RunningNorm):
    """Per channel of every node, over the batch (eps 1e-3). Source: Ioffe & Szegedy (2015)."""

    keeps_magnitude = True
    eps = 1e-3
    per_channel = True
    unbiased_running_var = True


class GroupBatchNorm(RunningNorm):
    """Per node, over its channels and the batch together (eps 1e-5)."""

    mixes_channels = True
    keeps_magnitude = True


class EMANorm(RunningNorm):
    """Per channel of every node, by the running statistics also while training (eps 1e-5).

    The statistics of a batch enter first, so that the very first batch is not normalised by the
    initial 0 and 1 alone.
    """

    per_channel = True
    uses_running_while_training = True


class SoftmaxNorm(Norm):
    """Softmax over the channels of each node; no parameters."""

    mixes_channels = True
    needs_its_output = True

    def forward(self, hidden: Hidden) -> Hidden:
        """Normalise; the shape stays."""
        if self.present is not None:
            hidden = hidden.masked_fill(~self.present, -torch.inf)
        return hidden.softmax(1)


class NoNorm(Norm):
    """Leaves everything as it is."""

    keeps_magnitude = True

    def forward(self, hidden: Hidden) -> Hidden:
        """Return the argument."""
        return hidden


class NormPair(NamedTuple):
    """What a model normalises in every block, and what follows from it.

    Attributes:
        node: The norm of the hidden channels.
        edge: The norm of the edge state before the inward product, if any.
    """

    node: type[Norm]
    edge: type[Norm] | None = None

    @property
    def mixes_channels(self) -> bool:
        """Whether the value of one channel depends on the others of its function."""
        return self.node.mixes_channels

    @property
    def keeps_magnitude(self) -> bool:
        """Whether values after the norm still say how strongly a function responded."""
        return self.node.keeps_magnitude and self.edge is None


NORMS: Registry[NormPair] = Registry("norm")
NORMS.register("layer")(NormPair(LayerNorm))
NORMS.register("batch")(NormPair(BatchNorm))
NORMS.register("groupbatch")(NormPair(GroupBatchNorm))
NORMS.register("rms")(NormPair(RMSNorm))
NORMS.register("ema")(NormPair(EMANorm))
NORMS.register("softmax")(NormPair(SoftmaxNorm))
NORMS.register("edgebatch")(NormPair(NoNorm, BatchNorm))
NORMS.register("batch++")(NormPair(BatchNorm, BatchNorm))
NORMS.register("channelema")(NormPair(NoNorm, EMANorm))
NORMS.register("none")(NormPair(NoNorm))
