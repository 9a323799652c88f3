"""The two sparse layers of a block: weights, masks and coordinates of the products of `ops`."""

from functools import partial
from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.ops import EdgeWiring, edges_to_nodes, nodes_to_edges
from edgelab.typing import Bool, Float, Int, Tensor

from ._channels import presence, reshape_parameter, widened
from ._initializers import Fan, initial_weight


class SparseLayer(nn.Module):
    """Base: weights `[edges of the layer, channels]` between edges and channels of functions.

    Args:
        wiring: The graph.
        edges: The edges of the layer.
        node_of_edge: The function at the layer's end of each of them.
        weight: Initial weights, `[edges of the layer, channels]`.
        bias: Initial biases, or None.
        starts_at_edges: Whether the layer leads from edges to channels (else the other way).
        counts: Channels of every function; those beyond them are absent.

    Attributes:
        mask: Which weights are in use, like `weight`; None as long as nothing was pruned.
        present: Which weights belong to channels that their function has; None if all do.
    """

    edges: Tensor
    node_of_edge: Tensor
    mask: Tensor | None
    present: Tensor | None

    def __init__(
        self,
        wiring: EdgeWiring,
        edges: Int[Tensor, " layer_edges"],
        node_of_edge: Int[Tensor, " layer_edges"],
        weight: Float[Tensor, "layer_edges channels"],
        bias: Tensor | None,
        starts_at_edges: bool,
        counts: Int[Tensor, " nodes"],
    ) -> None:
        super().__init__()
        self.wiring = wiring
        self.register_buffer("edges", edges, persistent=False)
        self.register_buffer("node_of_edge", node_of_edge, persistent=False)
        self.weight = nn.Parameter(weight)
        self.register_buffer("mask", None)
        self.register_buffer("present", None, persistent=False)
        self.bias = None if bias is None else nn.Parameter(bias)
        self._starts_at_edges = starts_at_edges
        self._mark_present(counts)

    @property
    def used_weight(self) -> Float[Tensor, "layer_edges channels"]:
        """The weights in use: zero where pruned, or where the channel is absent."""
        weight = self.weight if self.mask is None else self.weight * self.mask
        return weight if self.present is None else weight * self.present

    @property
    def n_zero(self) -> int:
        """How many weights are zero, of channels that are there."""
        zero = self.weight == 0
        return int((zero if self.present is None else zero & self.present).sum())

    @property
    def n_unused(self) -> int:
        """How many entries of the parameters belong to absent channels or pruned weights."""
        used = torch.ones_like(self.weight, dtype=torch.bool) if self.mask is None else self.mask
        used = used if self.present is None else used & self.present
        return self.weight.numel() - int(used.sum())

    @torch.no_grad()
    def _mark_present(self, counts: Int[Tensor, " nodes"]) -> None:
        self.present = presence(
            counts.to(self.edges.device)[self.node_of_edge], self.weight.shape[1]
        )
        if self.present is not None:
            self.weight.mul_(self.present)

    def resize(
        self,
        counts: Int[Tensor, " nodes"],
        wiring: EdgeWiring,
        width: int,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> None:
        """Give functions other numbers of channels, in place; new weights are zero.

        Args:
            counts: Channels of every function.
            wiring: The same graph with `width` channels.
            width: The common width.
            optimizer: Its memory of the parameters changes along with them.
        """
        self.wiring = wiring
        if self.present is not None:  # whatever stood in the padding is no weight of a new channel
            with torch.no_grad():
                self.weight.mul_(self.present)
        if width != self.weight.shape[1]:
            reshape_parameter(self.weight, partial(widened, width=width), optimizer)
            self.mask = None if self.mask is None else widened(self.mask, True, width)
        self._mark_present(counts)

    @torch.no_grad()
    def prune(self, kept: Bool[Tensor, "layer_edges channels"]) -> None:
        """Set weights to zero, for good: they take no part in training from here on.

        Args:
            kept: Marks the weights that stay. A weight pruned before stays pruned; absent ones
                count as kept.
        """
        kept = kept if self.present is None else kept | ~self.present
        self.mask = kept if self.mask is None else self.mask & kept
        self.weight.mul_(self.mask)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        # The state of a pruned model goes into a fresh one: make room for its mask.
        if f"{prefix}mask" in state_dict and self.mask is None:
            self.mask = torch.ones_like(self.weight, dtype=torch.bool)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _coordinates(self) -> tuple[Int[Tensor, "2 weights"], Int[Tensor, " weights"]]:
        """(origin, destination) of every weight in lexical order, and its place in `weight`."""
        channels = self.weight.shape[1]
        row = self.node_of_edge.unsqueeze(1) * channels + torch.arange(
            channels, device=self.edges.device
        )
        edge = self.edges.unsqueeze(1).expand_as(row)
        index = torch.stack([edge, row] if self._starts_at_edges else [row, edge]).flatten(1)
        order = _lexical_order(index)
        if self.present is not None:
            order = order[self.present.flatten()[order]]
        return index[:, order], order

    def to_coo(
        self,
    ) -> tuple[Int[Tensor, "2 weights"], Float[Tensor, " weights"], Float[Tensor, " bias"] | None]:
        """Return the layer as a sparse matrix in coordinates.

        Returns:
            `index` `[2, weights]` (origin, destination), sorted; `values` `[weights]`; and `bias`,
            None without one. An edge is numbered as in `model.edges`, a channel row is node ·
            channels + channel.
        """
        index, order = self._coordinates()
        bias = None if self.bias is None else self.bias.detach().flatten().clone()
        return index, self.used_weight.detach().flatten()[order], bias

    @torch.no_grad()
    def load_coo(
        self, index: Int[Tensor, "2 weights"], values: Tensor, bias: Tensor | None = None
    ) -> None:
        """Set the weights from coordinates, in any order. Pruned weights stay zero.

        Args:
            index: `[2, weights]`, the same set of coordinates as `to_coo` returns.
            values: `[weights]`.
            bias: As `to_coo` returns; None leaves the bias as it is.

        Raises:
            ConfigError: If the coordinates are not those of this layer, or a number of values
                differs.
        """
        own, own_order = self._coordinates()
        if index.shape != own.shape or values.numel() != own.shape[1]:
            raise ConfigError(
                f"this layer has {own.shape[1]} weights, got index {tuple(index.shape)} and "
                f"{values.numel()} values; pass what `to_coo` of a layer of the same graph returns"
            )
        order = _lexical_order(index.to(own))
        if not torch.equal(index.to(own)[:, order], own):
            raise ConfigError(
                "the coordinates are not those of this layer's graph; see `to_coo()` for the right "
                "ones"
            )
        if bias is not None and (self.bias is None or bias.numel() != self.bias.numel()):
            expected = "no bias" if self.bias is None else f"{self.bias.numel()} biases"
            raise ConfigError(
                f"this layer has {expected}, got {bias.numel()}; pass bias=None or the right number"
            )
        flat = self.weight.new_zeros(self.weight.numel())
        flat[own_order] = values.to(flat).flatten()[order]
        self.weight.copy_(flat.view_as(self.weight))
        if bias is not None and self.bias is not None:
            self.bias.copy_(bias.to(self.bias).view_as(self.bias))

    def extra_repr(self) -> str:
        """Show the sizes."""
        n_edges, channels = self.weight.shape
        return f"edges={n_edges}, channels={channels}, bias={self.bias is not None}"


def _lexical_order(index: Int[Tensor, "2 weights"]) -> Int[Tensor, " weights"]:
    by_destination = torch.argsort(index[1], stable=True)
    return by_destination[torch.argsort(index[0][by_destination], stable=True)]


def _degree(node_of_edge: Tensor) -> Tensor:
    """Of every edge, how many edges its node has, `[edges, 1]`."""
    return torch.bincount(node_of_edge)[node_of_edge].unsqueeze(1).to(torch.get_default_dtype())


class EdgesToNodes(SparseLayer):
    """Edges → channels of the functions they enter (`lin_in` of a block).

    Args:
        wiring: The graph, with as many channels as the widest function has.
        target: Target of every edge of the graph.
        counts: Channels of every function.
        bias: Whether every channel has a bias, zero at first.
        init: A name in `INITIALIZERS`.

    Attributes:
        weight: `[edges into functions, channels]`.
        bias: `[functions, channels]` or None.
    """

    present_bias: Tensor | None

    def __init__(
        self,
        wiring: EdgeWiring,
        target: Int[Tensor, " edges"],
        counts: Int[Tensor, " nodes"],
        bias: bool,
        init: str,
    ) -> None:
        edges = wiring.into_function
        fan = Fan(
            _degree(target[edges]), counts[target[edges]].unsqueeze(1).to(torch.get_default_dtype())
        )
        weight = initial_weight(init, (len(edges), wiring.channels), fan)
        biases = torch.zeros(wiring.n_functions, wiring.channels) if bias else None
        super().__init__(
            wiring, edges, target[edges], weight, biases, starts_at_edges=True, counts=counts
        )

    @property
    def used_bias(self) -> Float[Tensor, "nodes channels"] | None:
        """The biases that the layer adds: zero where the channel is absent."""
        if self.bias is None or self.present_bias is None:
            return self.bias
        return self.bias * self.present_bias

    @property
    def n_unused(self) -> int:
        """How many entries of the parameters belong to absent channels or pruned weights."""
        if self.bias is None or self.present_bias is None:
            return super().n_unused
        return super().n_unused + int((~self.present_bias).sum())

    def _mark_present(self, counts: Int[Tensor, " nodes"]) -> None:
        super()._mark_present(counts)
        here = presence(counts.to(self.edges.device), self.weight.shape[1])
        self.register_buffer("present_bias", here, persistent=False)
        if self.bias is not None and here is not None:
            with torch.no_grad():
                self.bias.mul_(here)

    def resize(
        self,
        counts: Int[Tensor, " nodes"],
        wiring: EdgeWiring,
        width: int,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> None:
        """Give functions other numbers of channels, in place; new weights and biases are zero.

        Args:
            counts: Channels of every function.
            wiring: The same graph with `width` channels.
            width: The common width.
            optimizer: Its memory of the parameters changes along with them.
        """
        if self.bias is not None and self.present_bias is not None:
            with torch.no_grad():
                self.bias.mul_(self.present_bias)
        if self.bias is not None and width != self.weight.shape[1]:
            reshape_parameter(self.bias, partial(widened, width=width), optimizer)
        super().resize(counts, wiring, width, optimizer)

    def forward(
        self, state: Float[Tensor, "rows batch"]
    ) -> tuple[Float[Tensor, "nodes channels batch"], Tensor]:
        """Return the channels of every function, by inward rank, and the state to go on with."""
        return edges_to_nodes(state, self.used_weight, self.used_bias, self.wiring)


class NodesToEdges(SparseLayer):
    """Channels of functions → the edges that leave them (`lin_out` of a block).

    Args:
        wiring: The graph, with as many channels as the widest function has.
        source: Source of every edge of the graph.
        counts: Channels of every function.
        bias: Whether every edge has a bias, zero at first; edges that leave an input have one too.
        init: A name in `INITIALIZERS`.

    Attributes:
        weight: `[edges out of functions, channels]`.
        bias: `[edges]` or None.
    """

    def __init__(
        self,
        wiring: EdgeWiring,
        source: Int[Tensor, " edges"],
        counts: Int[Tensor, " nodes"],
        bias: bool,
        init: str,
    ) -> None:
        edges = wiring.out_of_function
        fan = Fan(
            counts[source[edges]].unsqueeze(1).to(torch.get_default_dtype()), _degree(source[edges])
        )
        weight = initial_weight(init, (len(edges), wiring.channels), fan)
        biases = torch.zeros(wiring.n_edges) if bias else None
        super().__init__(
            wiring, edges, source[edges], weight, biases, starts_at_edges=False, counts=counts
        )

    def forward(
        self,
        hidden: Float[Tensor, "nodes channels batch"],
        state: Tensor | None,
        scale: Tensor | None,
    ) -> Float[Tensor, "rows batch"]:
        """Return the new edge state: what the functions send, plus `scale` times the old state."""
        return nodes_to_edges(hidden, self.used_weight, self.bias, state, scale, self.wiring)
