"""One layer of a GSNN: edges → functions → edges, with a residual."""

from collections.abc import Callable

import torch
from torch import nn

from edgelab.errors import CaptureError
from edgelab.typing import Float, Int, Tensor

from ._capture import ActivationCache
from ._channels import presence
from ._node_layers import NodeGate, NodeMLP
from ._norms import NORMS, Norm
from ._sparse_layers import EdgesToNodes, NodesToEdges

# Nonlinearities whose gradient follows from their result. Done in place they save a pass over
# memory and, backwards, the exponential of ELU; nobody else needs what they overwrite.
_FROM_RESULT = (nn.ELU, nn.ReLU)


class ResBlock(nn.Module):
    """new edge state = lin_out(function(lin_in(state))) + relu(residual_weight) · state.

    Between the two products, on the channels of every function: norm and nonlinearity (in this
    order if `norm_first`), dropout, NodeMLP and gate if there are any.

    Args:
        lin_in: Edges → channels.
        lin_out: Channels → edges.
        norm: A name in `NORMS`.
        nonlin: Class of the nonlinearity.
        dropout: Share of channel values set to zero in training, in [0, 1).
        residual: Whether the old state is added, with a learned weight that starts at 1.
        norm_first: Whether the norm comes before the nonlinearity.
        node_mlp: Applied after dropout, or None.
        node_gate: Applied last, or None.

    Attributes:
        lin_in: Edges → channels.
        lin_out: Channels → edges.
        norm: Normalisation of the channels.
        present: Which channels of the common width each function has, by inward rank; None if all.
        edge_norm: Normalisation of the edge state before `lin_in`, or None.
        residual_weight: Scalar, or None without residual.
    """

    present: Tensor | None

    def __init__(
        self,
        lin_in: EdgesToNodes,
        lin_out: NodesToEdges,
        *,
        norm: str,
        nonlin: Callable[[], nn.Module],
        dropout: float,
        residual: bool,
        norm_first: bool,
        node_mlp: NodeMLP | None,
        node_gate: NodeGate | None,
    ) -> None:
        super().__init__()
        wiring = lin_in.wiring
        inward = wiring.inward
        node_norm, edge_norm = NORMS[norm]
        self.lin_in = lin_in
        self.lin_out = lin_out
        self.norm = node_norm(
            wiring.n_functions, wiring.channels, inward.node_of_rank, inward.rank_of_node
        )
        self.edge_norm: Norm | None = None
        if edge_norm is not None:
            self.edge_norm = edge_norm(wiring.n_edges, 1, wiring.edge_of_row, wiring.row_of_edge)
        self.nonlin = nonlin()
        self.dropout = nn.Dropout(dropout)
        overwrites_norm = norm_first and self.norm.needs_its_output
        if isinstance(self.nonlin, _FROM_RESULT) and not overwrites_norm:
            self.nonlin.inplace = True
        self.node_mlp = node_mlp
        self.node_gate = node_gate
        self.residual_weight = nn.Parameter(torch.ones(())) if residual else None
        self.norm_first = norm_first
        self.register_buffer("present", None, persistent=False)
        self._captured: tuple[ActivationCache, int] | None = None

    def resize(
        self,
        counts: Int[Tensor, " nodes"],
        width: int,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> None:
        """Follow `lin_in` and `lin_out` to other numbers of channels, in place.

        Args:
            counts: Channels of every function.
            width: The common width.
            optimizer: Its memory of the parameters changes along with them.
        """
        self.norm.resize(counts, width, optimizer)
        here = presence(counts, width)
        order = self.lin_in.wiring.inward.node_of_rank
        self.present = (
            None if here is None else here.to(order.device).index_select(0, order).unsqueeze(-1)
        )

    def forward(
        self,
        state: Float[Tensor, "rows batch"],
        node_mask: Float[Tensor, "nodes 1 #batch"] | None = None,
        cache: ActivationCache | None = None,
    ) -> Float[Tensor, "rows batch"]:
        """Advance the edge state by one layer.

        Args:
            state: Edge state, in the rows of the wiring.
            node_mask: Multiplies what leaves each function (by inward rank).
            cache: Receives the hidden values, or None.

        Returns:
            The new edge state.
        """
        if self.edge_norm is None:
            hidden, state = self.lin_in(state)
        else:
            hidden, _ = self.lin_in(self.edge_norm(state.unsqueeze(1)).squeeze(1))
        hidden = self._record(hidden, cache, "pre_norm")
        hidden = self.within_functions(hidden)
        hidden = self._record(hidden, cache, "post_norm")
        hidden = hidden if node_mask is None else hidden * node_mask
        if self.residual_weight is None:
            return self.lin_out(hidden, None, None)
        return self.lin_out(hidden, state, self.residual_weight.relu())

    def within_functions(
        self, hidden: Float[Tensor, "nodes channels batch"]
    ) -> Float[Tensor, "nodes channels batch"]:
        """What a function does with its channels: norm, nonlinearity, dropout, network, gate.

        Args:
            hidden: Channels after the inward product, by inward rank; zero where absent. May be
                overwritten.

        Returns:
            Channels before the outward product; zero where absent.
        """
        if self.norm_first:
            hidden = self._only_present(self.nonlin(self.norm(hidden)))
        else:
            hidden = self._only_present(self.norm(self._only_present(self.nonlin(hidden))))
        hidden = self.dropout(hidden)
        hidden = hidden if self.node_mlp is None else self._only_present(self.node_mlp(hidden))
        return hidden if self.node_gate is None else self.node_gate(hidden)

    def _only_present(self, hidden: Tensor) -> Tensor:
        return hidden if self.present is None else hidden * self.present

    def _record(self, hidden: Tensor, cache: ActivationCache | None, stage: str) -> Tensor:
        """Keep [batch, functions, channels] in the graph's order, and go on from what was kept."""
        if cache is None or cache.stage != stage:
            return hidden
        inward = self.lin_in.wiring.inward
        kept = cache.record(hidden.index_select(0, inward.rank_of_node).permute(2, 0, 1))
        return kept.permute(1, 2, 0).index_select(0, inward.node_of_rank)

    def show(self, cache: ActivationCache, layer: int) -> None:
        """Let the block show its part of a cache (what was captured before the norm only).

        Args:
            cache: The cache of a running capture.
            layer: The position of this block.
        """
        self._captured = (cache, layer) if cache.stage == "pre_norm" else None

    def hide(self) -> None:
        """Forget the cache."""
        self._captured = None

    def _captured_value(self) -> Tensor:
        if self._captured is None or self._captured[1] >= len(self._captured[0].values):
            raise CaptureError(
                "activations are kept inside `with model.capture():` only, after a forward pass"
            )
        cache, layer = self._captured
        return cache.values[layer]

    @property
    def pre_norm_activation(self) -> Float[Tensor, "batch nodes channels"]:
        """Channels of every function after `lin_in`, inside `with model.capture()`.

        Raises:
            CaptureError: Outside a capture, or before the forward pass.
        """
        return self._captured_value().detach()

    @property
    def pre_norm_gradient(self) -> Float[Tensor, "batch nodes channels"]:
        """Gradient of the loss with respect to `pre_norm_activation`.

        Raises:
            CaptureError: Outside a capture, or before `loss.backward()`.
        """
        gradient = self._captured_value().grad
        if gradient is None:
            raise CaptureError(
                "no gradient has reached this block yet; call loss.backward() inside the capture"
            )
        return gradient
