"""The graph structured neural network: a model wired like a prior graph."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Literal, cast

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint as checkpointed

from edgelab.checks import check_integer
from edgelab.errors import CaptureError, ConfigError, DataError
from edgelab.linear import maps
from edgelab.ops import EdgeWiring
from edgelab.typing import Float, Int, Tensor

from ._capture import ActivationCache
from ._channels import ChannelNumbers, channel_counts
from ._masks import edge_mask_rows, node_mask_rows
from ._node_layers import NodeGate, NodeMLP, map_penalties
from ._norms import NORMS, frozen_statistics
from ._numbered_graph import number_graph
from ._res_block import ResBlock
from ._sparse_layers import EdgesToNodes, NodesToEdges


class GSNN(nn.Module):
    """Predicts responses from inputs along the edges of a prior graph.

    Every edge carries one number. A layer (block) reads, for every function, the edges that enter
    it into `channels` hidden channels, transforms them, and writes the edges that leave it. After
    `layers` layers each output sums the edges that enter it, divided by √(their number) and, with
    residuals, by √layers. A path of k function→function edges needs at least k + 1 layers to carry
    a signal from its input to its output.

    Source: Evans et al. (2024), Graph Structured Neural Networks for perturbation biology.

    Args:
        edge_index_dict: int64 tensors `[2, edges]` of node ids for the edge types input→function,
            function→function, function→output.
        node_names_dict: Names of the nodes of each type, `"input"`, `"function"`, `"output"`.
        channels: Hidden channels: one number, one per function, or `[layers, functions]`. `widen`
            adds channels later.
        layers: Number of blocks.
        dropout: Share of channel values set to zero in training, in [0, 1).
        nonlin: Class of the nonlinearity.
        bias: Whether channels and edges have a bias.
        share_layers: Whether all blocks use the same `lin_in` and `lin_out`.
        add_function_self_edges: Whether each function keeps a state of its own through an edge to
            itself.
        norm: A name in `NORMS`.
        init: A name in `INITIALIZERS`.
        edge_channels: Numbers carried by every edge: the edge is repeated so many times.
        checkpoint: Whether hidden values are recomputed in the backward pass, to save memory; not
            while capturing.
        residual: Whether every block adds its input, with a learned weight.
        norm_first: Whether the norm comes before the nonlinearity.
        node_attn: Whether a gate multiplies every function.
        node_mlp: Whether a network shared by all functions transforms the channels.
        node_mlp_hidden: Its hidden width (also that of the gate's network).
        linear: Which map the layers of that network, and the gate's first layer, are: a name in
            `edgelab.linear.maps`. Square ones need `node_mlp_hidden == channels`. Add `reg_error()`
            to the loss if the map has a penalty.
        linear_options: Arguments of these maps beside their sizes, such as `{"sigma_max": 0.9}`.
        dtype: Of the parameters; default torch's default dtype.
        device: Of the parameters; default the CPU.

    Attributes:
        blocks: The `ResBlock`s.
        graph: Names and numbered edges.
        channels: Channels of the widest function; the others are padded to it.
        channel_counts: `[layers, functions]`, channels of each function in each layer.
        edges: `(source, target)` names of every edge: function→function, input→function,
            function→output, then the self edges. Rows and columns of `lin_in` and `lin_out` in
            coordinates are numbered in this order.

    Raises:
        GraphError: If an edge type is missing or unknown, or an edge names a node that does not
            exist.
        ConfigError: If an option lies outside its range.

    Example:
        >>> index = {("function", "to", "function"): torch.tensor([[0], [1]]),
        ...          ("input", "to", "function"): torch.tensor([[0], [0]]),
        ...          ("function", "to", "output"): torch.tensor([[1], [0]])}
        >>> names = {"input": ["drug"], "function": ["MEK", "ERK"], "output": ["pERK"]}
        >>> model = GSNN(index, names, channels=4, layers=2)
        >>> model(torch.ones(5, 1)).shape
        torch.Size([5, 1])
        >>> model.edges
        [('MEK', 'ERK'), ('drug', 'MEK'), ('ERK', 'pERK'), ('MEK', 'MEK'), ('ERK', 'ERK')]
    """

    _input_rows: Tensor
    _input_of_row: Tensor
    _output_of_row: Tensor
    _output_scale: Tensor
    unequal_counts: Tensor | None

    def __init__(
        self,
        edge_index_dict: Mapping[tuple[str, str, str], Tensor],
        node_names_dict: Mapping[str, list[str]],
        channels: ChannelNumbers,
        layers: int,
        *,
        dropout: float = 0.0,
        nonlin: Callable[[], nn.Module] = nn.ELU,
        bias: bool = True,
        share_layers: bool = True,
        add_function_self_edges: bool = True,
        norm: str = "layer",
        init: str = "degree_normalized",
        edge_channels: int = 1,
        checkpoint: bool = False,
        residual: bool = True,
        norm_first: bool = True,
        node_attn: bool = False,
        node_mlp: bool = False,
        node_mlp_hidden: int = 16,
        linear: str = "Linear",
        linear_options: Mapping[str, Any] | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        if isinstance(channels, int):
            check_integer("channels", channels)
        check_integer("layers", layers)
        check_integer("edge_channels", edge_channels)
        check_integer("node_mlp_hidden", node_mlp_hidden)
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout must lie in [0, 1), got {dropout!r}")
        if maps[linear] is not maps["Linear"] and not (node_mlp or node_attn):
            raise ConfigError(
                f"linear={linear!r} shapes node layers, but there are none; pass node_mlp=True, or "
                "drop it"
            )
        self.graph = number_graph(edge_index_dict, node_names_dict, add_function_self_edges)
        counts = channel_counts(channels, layers, self.n_functions, share_layers)
        width = int(counts.max())
        self.layers = layers
        self.edge_channels = edge_channels
        self.share_layers = share_layers
        self.norm_name = norm
        self.checkpoint = checkpoint
        source, target = self._repeated_ends()
        self.wiring = EdgeWiring(source, target, self.n_functions, width)
        for name, index in self.graph.end_rows(self.wiring, source, target).items():
            self.register_buffer(name, index, persistent=False)
        products = [
            (
                EdgesToNodes(self.wiring, target, counts[layer], bias, init),
                NodesToEdges(self.wiring, source, counts[layer], bias, init),
            )
            for layer in range(1 if share_layers else layers)
        ]

        def make_mlp() -> NodeMLP:
            return NodeMLP(width, node_mlp_hidden, nonlin, dropout, linear, linear_options)

        def make_gate() -> NodeGate:
            return NodeGate(width, node_mlp_hidden, dropout, linear, linear_options)

        self.blocks = nn.ModuleList(
            ResBlock(
                *products[layer % len(products)],
                norm=norm,
                nonlin=nonlin,
                dropout=dropout,
                residual=residual,
                norm_first=norm_first,
                node_mlp=make_mlp() if node_mlp else None,
                node_gate=make_gate() if node_attn else None,
            )
            for layer in range(layers)
        )
        self.register_buffer("unequal_counts", None)
        self._resize(counts)
        self._scale = layers**-0.5 if residual else 1.0
        self._cache: ActivationCache | None = None
        self.to(device=device, dtype=dtype)

    @classmethod
    def from_data(cls, data: Any, channels: ChannelNumbers, layers: int, **options: Any) -> "GSNN":
        """Build a model for a graph made by `edgelab.graphs`.

        Args:
            data: A `HeteroData` with `edge_index_dict` and `node_names_dict`.
            channels: Hidden channels of each function, as in the constructor.
            layers: Number of blocks.
            **options: The other arguments of the constructor.

        Returns:
            The model.
        """
        return cls(data.edge_index_dict, data.node_names_dict, channels, layers, **options)

    @property
    def n_functions(self) -> int:
        """Number of function nodes."""
        return len(self.graph.functions)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Names of the ends of every edge, in the order of the edge state."""
        return self.graph.edge_names()

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in the order of the columns of `x`."""
        return list(self.graph.inputs)

    @property
    def function_names(self) -> list[str]:
        """Names of the functions."""
        return list(self.graph.functions)

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in the order of the columns of the prediction."""
        return list(self.graph.outputs)

    @property
    def channels(self) -> int:
        """Channels of the widest function."""
        return self.wiring.channels

    @property
    def channel_counts(self) -> Int[Tensor, "layers nodes"]:
        """Channels of each function in each layer, on the CPU."""
        if self.unequal_counts is None:
            return torch.full((self.layers, self.n_functions), self.channels)
        return self.unequal_counts.cpu().clone()

    @property
    def n_parameters(self) -> int:
        """How many numbers training can change, without absent channels and pruned weights."""
        unused = sum(cast(int, getattr(module, "n_unused", 0)) for module in self.modules())
        trained = (parameter for parameter in self.parameters() if parameter.requires_grad)
        return sum(parameter.numel() for parameter in trained) - unused

    def widen(
        self, channels: ChannelNumbers, optimizer: torch.optim.Optimizer | None = None
    ) -> None:
        """Give functions more channels, in place; predictions stay as they are.

        Parameters stay the same objects. All weights of a new channel are zero and would stay so in
        training: set those that enter it, at least (`edgelab.growth.grow_gsnn` chooses the best
        ones).

        Args:
            channels: Channels from now on, as in the constructor; none may be lost.
            optimizer: Optimizer of the parameters, whose memory of them (momentum, moments) is
                kept.

        Raises:
            ConfigError: If a function would lose channels, or the norm, a node network or a gate
                mixes channels.

        Example:
            >>> index = {("function", "to", "function"): torch.tensor([[0], [1]]),
            ...          ("input", "to", "function"): torch.tensor([[0], [0]]),
            ...          ("function", "to", "output"): torch.tensor([[1], [0]])}
            >>> names = {"input": ["drug"], "function": ["MEK", "ERK"], "output": ["pERK"]}
            >>> model = GSNN(index, names, channels=2, layers=2, norm="none")
            >>> model.n_parameters
            27
            >>> model.widen([2, 3])
            >>> model.channel_counts.tolist(), model.n_parameters
            ([[2, 3], [2, 3]], 32)
        """
        counts = channel_counts(channels, self.layers, self.n_functions, self.share_layers)
        if (counts < self.channel_counts).any():
            raise ConfigError(
                "widen() cannot take channels away; pass at least `model.channel_counts`"
            )
        self._check_can_widen()
        self._resize(counts, optimizer)

    def _check_can_widen(self) -> None:
        """Refuse new channels where old ones would notice them."""
        if NORMS[self.norm_name].mixes_channels:
            apart = [name for name in NORMS if not NORMS[name].mixes_channels]
            raise ConfigError(
                f"norm {self.norm_name!r} mixes the channels of a function, so that a new one "
                f"would change the others; build the model with one of {apart}"
            )
        if any(
            block.node_mlp is not None or block.node_gate is not None for block in self.res_blocks()
        ):
            raise ConfigError(
                "node_mlp and node_attn read a fixed number of channels of every function and "
                "cannot take in new ones; build the model without them"
            )

    def _resize(
        self, counts: Int[Tensor, "layers nodes"], optimizer: torch.optim.Optimizer | None = None
    ) -> None:
        """Give functions other numbers of channels, in place; new weights are zero."""
        width = int(counts.max())
        device = self.wiring.row_of_edge.device
        equal = bool((counts == width).all())
        if width != self.channels:
            source, target = self._repeated_ends()
            self.wiring = EdgeWiring(source, target, self.n_functions, width).to(device)
        elif equal and self.unequal_counts is None:
            return
        for layer, block in enumerate(self.res_blocks()):
            if not (self.share_layers and layer):
                block.lin_in.resize(counts[layer], self.wiring, width, optimizer)
                block.lin_out.resize(counts[layer], self.wiring, width, optimizer)
            block.resize(counts[layer], width, optimizer)
        self.unequal_counts = None if equal else counts.to(device)

    def _repeated_ends(self) -> tuple[Int[Tensor, " edges"], Int[Tensor, " edges"]]:
        """Sources and targets of the edges, each as often as it carries a number."""
        source = self.graph.source.repeat_interleave(self.edge_channels)
        return source, self.graph.target.repeat_interleave(self.edge_channels)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        # Where either has unequal numbers of channels, the model takes those of the state. A state
        # of another graph changes nothing here and is refused below.
        counts = state_dict.get(f"{prefix}unequal_counts")
        weight = state_dict.get(f"{prefix}blocks.0.lin_in.weight")
        shape = (self.layers, self.n_functions)
        if counts is not None and counts.shape == shape:
            self._resize(counts.cpu())
        elif counts is None and self.unequal_counts is not None and weight is not None:
            self._resize(torch.full(shape, weight.shape[1]))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def res_blocks(self) -> list[ResBlock]:
        """The blocks."""
        return cast(list[ResBlock], list(self.blocks))

    def forward(
        self,
        x: Float[Tensor, "batch inputs"],
        node_mask: Tensor | None = None,
        edge_mask: Tensor | None = None,
        return_edges: bool = False,
    ) -> Any:
        """Predict the responses.

        Args:
            x: Values of the input nodes.
            node_mask: Multiplies what leaves each function, `[functions]` or `[batch, functions]`.
            edge_mask: Multiplies every edge before the first and after each block, `[edges]` or
                `[batch, edges]`.
            return_edges: Whether the final edge state is returned too.

        Returns:
            Predictions `[batch, outputs]`; with `return_edges` also the edge state `[batch,
            edges]`.

        Raises:
            DataError: If `x` or a mask does not have the right shape, or `x` not the dtype of the
                model.
        """
        self._check_input(x)
        nodes: Tensor | None = None
        edges: Tensor | None = None
        if node_mask is not None:
            nodes = node_mask_rows(node_mask, x, self.wiring)
        if edge_mask is not None:
            edges = edge_mask_rows(edge_mask, x, self.wiring, self.edge_channels)
        if self._cache is not None:
            self._cache.start()
        state = x.new_zeros(self.wiring.n_rows, len(x))
        state = state.index_copy(0, self._input_rows, x.t().index_select(0, self._input_of_row))
        state = state if edges is None else state * edges
        for block in self.blocks:
            state = self._advance(block, state, nodes)
            state = state if edges is None else state * edges
        prediction = self._read_out(state)
        if not return_edges:
            return prediction
        return prediction, state.index_select(0, self.wiring.row_of_edge).t()

    def _advance(self, block: nn.Module, state: Tensor, node_mask: Tensor | None) -> Tensor:
        if self.checkpoint and torch.is_grad_enabled() and self._cache is None:
            return checkpointed(
                block,
                state,
                node_mask,
                use_reentrant=False,
                # Forward runs as usual; the recomputation must not let the norms count the batch a
                # second time.
                context_fn=lambda: (nullcontext(), frozen_statistics(block)),
            )
        return block(state, node_mask, self._cache)

    def _read_out(self, state: Float[Tensor, "rows batch"]) -> Float[Tensor, "batch outputs"]:
        # Rows of the edges into outputs are the last ones, in the order of the edges.
        arrived = state[len(state) - len(self._output_of_row) :]
        total = arrived.new_zeros(len(self.graph.outputs), state.shape[1]).index_add(
            0, self._output_of_row, arrived
        )
        return (total * (self._output_scale * self._scale).to(total).unsqueeze(1)).t()

    def _check_input(self, x: Tensor) -> None:
        if x.dim() != 2 or x.shape[1] != len(self.graph.inputs):
            raise DataError(
                f"x must be [batch, {len(self.graph.inputs)}], one column per input node, got "
                f"{tuple(x.shape)}; order the columns as `model.input_names`"
            )
        dtype = self.res_blocks()[0].lin_in.weight.dtype
        converts = torch.is_autocast_enabled(x.device.type)
        if not x.is_floating_point() or (x.dtype != dtype and not converts):
            raise DataError(
                f"x must have the dtype of the model, {dtype}, got {x.dtype}; pass x.to({dtype})"
            )

    @contextmanager
    def capture(
        self, stage: Literal["pre_norm", "post_norm"] = "pre_norm"
    ) -> Iterator[ActivationCache]:
        """Keep hidden values and their gradients while the `with` block runs.

        Args:
            stage: `"pre_norm"`, after the inward product, or `"post_norm"`, what leaves the
                function.

        Yields:
            The cache. Inside the block every `ResBlock` also shows its own part
            (`pre_norm_activation`).

        Raises:
            CaptureError: If a capture of this model is open already.
            ConfigError: If the stage is unknown.

        Example:
            >>> index = {("function", "to", "function"): torch.tensor([[0], [1]]),
            ...          ("input", "to", "function"): torch.tensor([[0], [0]]),
            ...          ("function", "to", "output"): torch.tensor([[1], [0]])}
            >>> names = {"input": ["i"], "function": ["f", "g"], "output": ["o"]}
            >>> model = GSNN(index, names, channels=3, layers=2)
            >>> with model.capture() as cache:
            ...     model(torch.ones(5, 1)).square().sum().backward()
            >>> cache.activations.shape, cache.gradients.shape
            (torch.Size([2, 5, 2, 3]), torch.Size([2, 5, 2, 3]))
        """
        if stage not in {"pre_norm", "post_norm"}:
            raise ConfigError(f"unknown stage {stage!r}; choose 'pre_norm' or 'post_norm'")
        if self._cache is not None:
            raise CaptureError(
                "this model is being captured already; leave the outer `with model.capture()` first"
            )
        self._cache = cache = ActivationCache(stage)
        try:
            for layer, block in enumerate(self.res_blocks()):
                block.show(cache, layer)
            yield cache
        finally:
            self._cache = None
            for block in self.res_blocks():
                block.hide()

    def prune(self, threshold: float) -> int:
        """Set every weight of the sparse layers with |w| ≤ threshold to zero, for good.

        Layers shared between blocks are pruned once.

        Args:
            threshold: Not negative.

        Returns:
            How many weights are zero now.

        Raises:
            ConfigError: If the threshold is negative.
        """
        if not threshold >= 0:
            raise ConfigError(f"threshold must not be negative, got {threshold!r}")
        layers = {layer for block in self.res_blocks() for layer in (block.lin_in, block.lin_out)}
        for layer in layers:
            layer.prune(layer.weight.abs() > threshold)
        return sum(layer.n_zero for layer in layers)

    def reg_error(self) -> Float[Tensor, ""]:
        """Penalty of the maps chosen by `linear`, to be added to the loss.

        Returns:
            A scalar, 0 if they have none. `training.fit` does not add it; pass it the callback
            `Hooks(after_backward_do=lambda _: model.reg_error().backward())`.
        """
        return sum(map_penalties(self), self.res_blocks()[0].lin_in.weight.new_zeros(()))

    def extra_repr(self) -> str:
        """Show the sizes."""
        graph = self.graph
        widths = sorted({int(self.channel_counts.min()), self.channels})
        return (
            f"inputs={len(graph.inputs)}, functions={len(graph.functions)}, "
            f"outputs={len(graph.outputs)}, edges={len(graph.source)}, "
            f"channels={'…'.join(map(str, widths))}, layers={self.layers}"
        )
