"""A graph with a trainable change of its edges under a cost budget."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.checks import check_integer
from edgelab.errors import ConfigError
from edgelab.graphs import FUNCTION_EDGES, EdgeType
from edgelab.perturbation._edge_matrix import EdgeMatrix, Matrix
from edgelab.perturbation._matrix_inputs import MatrixLike, stored_values
from edgelab.perturbation._matrix_outputs import to_networkx, to_numpy
from edgelab.typing import Array, Float, Tensor

from ._base_plus_change import BasePlusChange
from ._budget import norm_order
from ._dense_parameterization import DenseParameterization
from ._from_graph import Allowed, Cost, TypeBudgets, graph_arguments
from ._graph_file import read_graph_file, write_graph_file
from ._graph_matrices import read_matrices
from ._parameterization import (
    Budget,
    Parameterization,
    ParameterOptions,
    make_parameterization,
)
from ._signs import FINAL_RULES, apply_final_sign, read_sign, warn_of_signs


class GradNet(nn.Module):
    """An adjacency matrix and a trainable change of it whose cost stays within a budget.

    Sparse exactly where both the mask (which is where the change may be) and the base adjacency
    are; then nothing of the size of all pairs of nodes is ever made.

    Args:
        num_nodes: Nodes of the graph.
        budget: p-norm of cost times change over all entries of the matrix; None does not limit it.
            With `groups`: one for each.
        mask: Which entries may change, 0 or 1; None: all but the diagonal, which never changes. A
            tensor of any layout, an array or a scipy matrix, as the other matrices.
        adj0: The adjacency before; None: no edges.
        delta_sign: Of the change: `"free"`, `"nonnegative"` or `"nonpositive"`.
        final_sign: Of the sum. Where it is that of the change it need not be forced and becomes
            `"free"`.
        directed: Keep i → j and j → i apart; otherwise all matrices must be symmetric.
        rand_init_weights: Share, in [0, 1], of uniform random numbers in the initial raw numbers.
        strict_budget: Spend exactly the budget, not at most.
        cost_matrix: Cost of a unit of change of every entry, above 0; None: 1.
        cost_aggr_norm: p, a positive integer or `inf`.
        final_rule: How the final sign is forced: `"reflect"` at zero, or `"clip"`.
        projection: How the budget is kept: `"rescale"`, or `"simplex"`, where most changes are
            exactly 0. It and the next need a sparse mask; see `SparseParameterization`.
        max_edges: How many edges may change at most.
        groups: Number, from 1, of the budget that pays for a change of each entry; `budget` is then
            a list with one budget per group. Needs a sparse mask.
        names: Of the nodes, for graphs and tables.
        dtype: Also as a string; that of the first floating-point tensor of `adj0`, `mask`,
            `cost_matrix`, or torch's.
        device: Place; that of the first tensor among them.

    Attributes:
        param: The parameterization of the change; its parameters are what is trained.
        sum: Adds the change to `adj0` where both are sparse.

    Raises:
        GraphError: If a matrix breaks a rule.
        ConfigError: If an option does.

    Warns:
        RuntimeWarning: If signs contradict each other or `adj0`.

    Example:
        >>> one_edge = torch.tensor([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        >>> net = GradNet(3, budget=6.0, adj0=one_edge, rand_init_weights=False)
        >>> net().detach().round(decimals=3).tolist()
        [[0.0, 3.0, 1.0], [3.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """

    mask: Tensor
    adj0: Tensor
    cost_matrix: Tensor | None
    groups: Tensor | None
    param: Parameterization
    sum: BasePlusChange | None

    def __init__(
        self,
        num_nodes: int,
        budget: Budget,
        mask: MatrixLike | None = None,
        adj0: MatrixLike | None = None,
        delta_sign: str = "nonnegative",
        final_sign: str = "free",
        directed: bool = False,
        rand_init_weights: bool | float = True,
        strict_budget: bool = True,
        cost_matrix: MatrixLike | None = None,
        cost_aggr_norm: int | float = 1,
        *,
        final_rule: str = "reflect",
        projection: str = "rescale",
        max_edges: int | None = None,
        groups: MatrixLike | None = None,
        names: Sequence[str] | None = None,
        dtype: torch.dtype | str | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        check_integer("num_nodes", num_nodes)
        FINAL_RULES[final_rule]
        self.num_nodes = int(num_nodes)
        self.directed = directed
        self.delta_sign = read_sign("delta_sign", delta_sign)
        self.final_sign = read_sign("final_sign", final_sign)
        self.final_rule = final_rule
        self.projection = projection
        self.max_edges = max_edges
        self.names = _checked_names(names, self.num_nodes)
        matrices = read_matrices(
            mask,
            adj0,
            cost_matrix,
            groups,
            num_nodes=self.num_nodes,
            directed=directed,
            dtype=dtype,
            device=device,
        )
        for name, matrix in matrices.named():
            self.register_buffer(name, matrix, persistent=False)
        options = ParameterOptions(
            budget=budget,
            delta_sign=self.delta_sign,
            directed=directed,
            strict_budget=strict_budget,
            cost_aggr_norm=norm_order(cost_aggr_norm),
            rand_init_weights=rand_init_weights,
            projection=projection,
            max_edges=max_edges,
        )
        self.param = make_parameterization(matrices, options)
        warn_of_signs(self.delta_sign, self.final_sign, final_rule, stored_values(self.adj0))
        if self.final_sign == self.delta_sign:
            self.final_sign = "free"
        if isinstance(self.param, DenseParameterization) or not self.adj0.is_sparse:
            self.sum = None
        else:
            self.sum = BasePlusChange(self.adj0, self.param.edge_index, directed=directed)

    @classmethod
    def from_graph(
        cls,
        data: HeteroData,
        budget: TypeBudgets,
        *,
        edge_type: EdgeType | Sequence[EdgeType] = FUNCTION_EDGES,
        allow: Allowed | Mapping[EdgeType, Allowed] = "existing",
        cost: Cost | Mapping[EdgeType, Cost] = 1.0,
        delta_sign: str = "nonnegative",
        final_sign: str = "free",
        rand_init_weights: bool | float = True,
        strict_budget: bool = True,
        cost_aggr_norm: int | float = 1,
        final_rule: str = "reflect",
        projection: str = "rescale",
        max_edges: int | None = None,
        dtype: torch.dtype | None = None,
    ) -> "GradNet":
        """Perturb edges of a regulatory graph, by name and without matrices.

        Args:
            data: A graph as `build_graph` makes it.
            budget: For all edges together, or for each type of edge: `{FUNCTION_EDGES: 2.0,
                OUTPUT_EDGES: 1.0}`.
            edge_type: Whose edges are in the adjacency, `[source, target]`; several types join
                their kinds of nodes in one adjacency, inputs before functions before outputs, with
                names like `function Akt`.
            allow: Which edges may change: `"existing"`, `"candidates"` (all that are absent), a
                matrix of 0 and 1 `[sources, targets]`, or a table with columns `source` and
                `target`, or `src_func` and `dst_func`. With several types, one for all or one for
                each.
            cost: A number, a tensor with one number per edge that may change, or a table with a
                column `cost`.
            delta_sign: As for `GradNet`, like all that follow.
            final_sign: As for `GradNet`.
            rand_init_weights: As for `GradNet`.
            strict_budget: As for `GradNet`.
            cost_aggr_norm: As for `GradNet`.
            final_rule: As for `GradNet`.
            projection: As for `GradNet`.
            max_edges: As for `GradNet`.
            dtype: As for `GradNet`.

        Returns:
            A sparse, directed net. The adjacency before is the `weight` of an edge where the graph
            has one, else 1.

        Example:
            >>> from edgelab.graphs import build_graph
            >>> data = build_graph(
            ...     [("A", "B"), ("B", "C")],
            ...     input_edges=[("drug", "A")],
            ...     output_edges=[("C", "read")],
            ... )
            >>> net = GradNet.from_graph(data, 3.0, rand_init_weights=False)
            >>> edges = net.to_networkx().edges(data="weight")
            >>> [(source, target, round(weight, 3)) for source, target, weight in edges]
            [('A', 'B', 2.5), ('B', 'C', 2.5)]
        """
        given = graph_arguments(
            data, budget, edge_types=edge_type, allow=allow, cost=cost, dtype=dtype
        )
        return cls(
            **given,
            directed=True,
            delta_sign=delta_sign,
            final_sign=final_sign,
            rand_init_weights=rand_init_weights,
            strict_budget=strict_budget,
            cost_aggr_norm=cost_aggr_norm,
            final_rule=final_rule,
            projection=projection,
            max_edges=max_edges,
        )

    @property
    def budget(self) -> Budget:
        """What may be spent."""
        return self.param.budget

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the parameters."""
        return self.param.dtype

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.param.device

    @property
    def should_renorm_after_step(self) -> bool:
        """Whether only the direction of the raw numbers counts, and their length may be kept."""
        return self.param.should_renorm_after_step

    def matrix(self, noise_amplitude: float = 0.0, noise_mode: str = "additive") -> Matrix:
        """Return the perturbed adjacency in the form to compute with.

        Args:
            noise_amplitude: Size of random numbers on the raw ones; 0 draws none.
            noise_mode: `"additive"` or `"multiplicative"`.

        Returns:
            An `EdgeMatrix` if sparse, whose products have gradients of the size of its edges;
            otherwise a tensor.
        """
        if self.sum is not None and not isinstance(self.param, DenseParameterization):
            total: Matrix = self.sum(self.param.edge_values(noise_amplitude, noise_mode))
        else:
            change = self.delta_matrix(noise_amplitude, noise_mode)
            total = self.adj0.to_dense() + change.to_dense()
        return apply_final_sign(total, self.final_sign, self.final_rule)

    def forward(
        self, noise_amplitude: float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, "nodes nodes"]:
        """Return the perturbed adjacency as a tensor.

        Args:
            noise_amplitude: As in `matrix`.
            noise_mode: As in `matrix`.

        Returns:
            A coalesced COO tensor if sparse (prefer `matrix` for products with it), otherwise a
            dense one.
        """
        matrix = self.matrix(noise_amplitude, noise_mode)
        return matrix.to_sparse_coo() if isinstance(matrix, EdgeMatrix) else matrix

    def delta_matrix(self, noise_amplitude: float = 0.0, noise_mode: str = "additive") -> Matrix:
        """Return the change alone in the form to compute with.

        Args:
            noise_amplitude: As in `matrix`.
            noise_mode: As in `matrix`.

        Returns:
            As `matrix` does; sparse where the mask is.
        """
        if isinstance(self.param, DenseParameterization):
            return self.param(noise_amplitude, noise_mode)
        return EdgeMatrix(
            pattern=self.param.pattern, values=self.param.edge_values(noise_amplitude, noise_mode)
        )

    def get_delta_adj(
        self, noise_amplitude: float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, "nodes nodes"]:
        """Return the change alone as a tensor.

        Args:
            noise_amplitude: As in `matrix`.
            noise_mode: As in `matrix`.

        Returns:
            A coalesced COO tensor if the mask is sparse, otherwise a dense one.
        """
        return self.param(noise_amplitude, noise_mode)

    def renorm_params(self) -> None:
        """Scale the raw numbers to their usual length; a strict change is the same after it."""
        self.param.renorm_params()

    def set_initial_state(self, delta_adj_raw_0: Any, *, renorm: bool = True) -> None:
        """Replace the raw numbers.

        Args:
            delta_adj_raw_0: In the shape of `param.delta_adj_raw`.
            renorm: Scale them as `renorm_params` does; False takes them exactly as they are.
        """
        self.param.set_initial_state(delta_adj_raw_0, renorm=renorm)

    def report_budget(self) -> pd.DataFrame:
        """Say what is spent on which edge.

        Returns:
            One row per edge that may change, dearest first, by name if the nodes have names; see
            `SparseParameterization.report_budget`.

        Raises:
            ConfigError: If the mask is dense.
        """
        if isinstance(self.param, DenseParameterization):
            raise ConfigError(
                "a report lists edges and needs a sparse mask, got a dense one. "
                "Use mask.to_sparse()."
            )
        return self.param.report_budget(self.names)

    def to_numpy(self) -> Float[Array, "nodes nodes"]:
        """Copy the perturbed adjacency out of torch.

        Returns:
            All N × N numbers.
        """
        with torch.no_grad():
            return to_numpy(self.matrix())

    def to_networkx(self, threshold: float = 1e-8) -> nx.Graph:
        """Turn the perturbed adjacency into a graph of networkx.

        Args:
            threshold: Entries of at most this size are left out.

        Returns:
            A `DiGraph` if directed, else a `Graph`; edges have a `weight`.
        """
        with torch.no_grad():
            return to_networkx(
                self.matrix(), directed=self.directed, threshold=threshold, names=self.names
            )

    def export_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal net but for its parameters, precision and place.

        Returns:
            Arguments of the constructor.
        """
        return {
            "num_nodes": self.num_nodes,
            "budget": self.budget,
            "mask": self.mask,
            "adj0": self.adj0,
            "cost_matrix": self.cost_matrix,
            "groups": self.groups,
            "delta_sign": self.delta_sign,
            "final_sign": self.final_sign,
            "final_rule": self.final_rule,
            "directed": self.directed,
            "strict_budget": self.param.strict_budget,
            "cost_aggr_norm": self.param.cost_aggr_norm,
            "projection": self.projection,
            "max_edges": self.max_edges,
            "names": self.names,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "GradNet":
        """Make a net from what `export_config` returned.

        Args:
            config: Arguments of the constructor.

        Returns:
            A net with parameters of its own, on the device of its matrices.
        """
        return cls(**config)

    def save(self, path: str | Path) -> None:
        """Write the net to a file, without pickle; an existing one is replaced as a whole.

        Args:
            path: Where to; its folder must exist.
        """
        write_graph_file(path, self.export_config(), self.state_dict())

    @classmethod
    def from_checkpoint(cls, path: str | Path) -> "GradNet":
        """Read a net that `save` or `fit` wrote.

        Args:
            path: The file.

        Returns:
            An equal net, on the CPU.
        """
        config, state = read_graph_file(path)
        net = cls.from_config(config)
        net.load_state_dict(state)
        return net

    def extra_repr(self) -> str:
        """Describe the settings.

        Returns:
            One line.
        """
        return (
            f"num_nodes={self.num_nodes}, budget={self.budget}, delta_sign={self.delta_sign!r}, "
            f"final_sign={self.final_sign!r}, directed={self.directed}, "
            f"strict_budget={self.param.strict_budget}, p={self.param.cost_aggr_norm}, "
            f"dtype={self.dtype}, device={self.device}"
        )


def _checked_names(names: Sequence[str] | None, num_nodes: int) -> list[str] | None:
    if names is None:
        return None
    n_different = len(set(names))
    if not n_different == len(names) == num_nodes:
        raise ConfigError(
            f"names must hold {num_nodes} different names, one per node, got {n_different}"
        )
    return list(names)
