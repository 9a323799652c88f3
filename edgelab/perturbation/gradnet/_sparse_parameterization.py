"""A change of chosen edges within a cost budget, stored and differentiated edge by edge."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from edgelab.checks import check_integer
from edgelab.errors import ConfigError, GraphError
from edgelab.ops import SparsePattern, sparse_matrix
from edgelab.typing import Float, Tensor

from ._budget import budget_table, check_costs, check_within_budget, read_budget, whole_order
from ._projections import check_projection, cut, largest_edges, project_to_budget, rescale
from ._raw_numbers import add_noise, initial_numbers, read_share
from ._signs import inverse_sign_map, read_sign, sign_map

# Relative error that counts as rounding, in units of the precision of the parameters.
_ROUNDING = 4


class SparseParameterization(nn.Module):
    """A trainable change of the weights of a list of edges, whose cost stays within a budget.

    Args:
        num_nodes: Nodes of the graph.
        budget: Norm of the change, (Σ cost_p_sum · |change|^p)^(1/p), that may be spent; None: no
            limit.
        edge_index: Integers, 2 × edges. Undirected edges are written i < j and mirrored.
        cost_p_sum: One positive number per edge: what |change|^p costs, summed over the entries of
            the matrix that the edge fills. For p = inf it is the cost itself, of the dearer entry.
        delta_sign: `free`, `nonnegative` or `nonpositive`; the latter two square the parameters.
        directed: Whether i → j leaves j → i alone.
        strict_budget: Spends exactly the budget; else scales down only.
        cost_aggr_norm: The p: a whole number, or inf. As in gradnet, one below 1, which gives no
            norm, counts as 1.
        rand_init_weights: Share of uniform random numbers in the initial parameters, 0 to 1; the
            rest is 1 in strict mode and 0 otherwise.
        dtype: Of parameters and costs; that of `cost_p_sum` by default.
        device: That of `edge_index` by default.
        projection: `rescale` brings the change to its budget by one factor. `simplex` takes the
            nearest change within the budget, in which many edges are exactly zero (p = 1 only); the
            parameters are then the change itself, not squared. Leave them free under an optimiser
            with a step size per parameter (Adam); after a step of plain gradient descent,
            `renorm_params` makes it projected gradient descent.
        max_edges: How many edges may change at most; the largest do. None: all. With `rescale`
            only.

    Raises:
        GraphError: If an edge is malformed, out of range or given twice.
        ConfigError: If another argument breaks its rule.

    Example:
        >>> edges, cost = torch.tensor([[0, 0], [1, 2]]), torch.tensor([2.0, 2.0])
        >>> change = SparseParameterization(
        ...     num_nodes=3,
        ...     budget=4,
        ...     edge_index=edges,
        ...     cost_p_sum=cost,
        ...     strict_budget=True,
        ...     rand_init_weights=False,
        ... )
        >>> change.edge_values().tolist()
        [1.0, 1.0]
        >>> change().to_dense().tolist()
        [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """

    edge_index: Tensor
    cost_p_sum: Tensor

    def __init__(
        self,
        *,
        num_nodes: int,
        budget: int | float | Tensor | None,
        edge_index: Tensor,
        cost_p_sum: Tensor,
        delta_sign: str = "nonnegative",
        directed: bool = False,
        strict_budget: bool = False,
        cost_aggr_norm: int | float = 1,
        rand_init_weights: bool | int | float | None = True,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
        projection: str = "rescale",
        max_edges: int | None = None,
    ) -> None:
        super().__init__()
        check_integer("num_nodes", num_nodes, least=0)
        if max_edges is not None:
            check_integer("max_edges", max_edges)
        self.num_nodes = int(num_nodes)
        self.budget = read_budget(budget)
        self.delta_sign = read_sign("delta_sign", delta_sign)
        self.directed = bool(directed)
        self.strict_budget = bool(strict_budget)
        self.cost_aggr_norm = max(1, whole_order(cost_aggr_norm))
        self.max_edges = None if max_edges is None else int(max_edges)
        self.projection = projection
        check_projection(projection, self.budget, self.cost_aggr_norm, max_edges)
        _check_edges(edge_index, self.directed)
        check_costs(cost_p_sum, edge_index.shape[1], dtype)
        device = edge_index.device if device is None else torch.device(device)
        dtype = dtype or (
            cost_p_sum.dtype if cost_p_sum.is_floating_point() else torch.get_default_dtype()
        )
        # Copies: a state that is loaded later must not write into the caller's tensors.
        self.register_buffer("edge_index", edge_index.to(device, copy=True))
        self.register_buffer("cost_p_sum", cost_p_sum.detach().to(device, dtype, copy=True))
        self.pattern = SparsePattern(self.edge_index, self.num_nodes, mirrored=not self.directed)
        share = read_share("rand_init_weights", rand_init_weights)
        squared = self.delta_sign != "free" and projection == "rescale"
        # Drawn even for share 0, so that what is drawn afterwards does not depend on the share.
        random = torch.rand_like(self.cost_p_sum)
        self.delta_adj_raw = nn.Parameter(
            initial_numbers(random, share, strict=self.strict_budget, squared=squared)
        )
        if projection == "simplex":
            self.renorm_params()

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.delta_adj_raw.device

    @property
    def dtype(self) -> torch.dtype:
        """Type of the parameters."""
        return self.delta_adj_raw.dtype

    def degrees_of_freedom(self) -> int:
        """Number of edges."""
        return self.delta_adj_raw.numel()

    def edge_values(
        self, noise_amplitude: int | float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, " edges"]:
        """Return the change of every edge, in the order of `edge_index`.

        Args:
            noise_amplitude: Root mean square of Gaussian noise on the raw parameters.
            noise_mode: `additive` or `multiplicative`.

        Returns:
            One number per edge, within the budget.
        """
        raw = add_noise(self.delta_adj_raw, noise_amplitude, noise_mode)
        wide = raw.to(torch.promote_types(raw.dtype, torch.float32))
        return self._within_budget(wide).to(raw.dtype)

    def _within_budget(self, raw: Tensor) -> Tensor:
        is_simplex = self.projection == "simplex"
        cost = self.cost_p_sum.to(raw.dtype)
        values = raw if is_simplex else sign_map(raw, self.delta_sign)
        if is_simplex and self.budget is not None:
            return project_to_budget(
                values,
                cost,
                self.budget,
                sign=self.delta_sign,
                strict=self.strict_budget,
                tolerance=self._rounding,
            )
        kept = None if self.max_edges is None else largest_edges(values, self.max_edges)
        if self.budget is None:
            return values if kept is None else cut(values, kept)
        return rescale(
            values,
            cost,
            self.budget,
            order=self.cost_aggr_norm,
            strict=self.strict_budget,
            kept=kept,
        )

    @property
    def _rounding(self) -> float:
        return _ROUNDING * torch.finfo(self.dtype).eps

    def forward(
        self, noise_amplitude: int | float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, "nodes nodes"]:
        """Return the change as a matrix.

        Args:
            noise_amplitude: As in `edge_values`.
            noise_mode: As in `edge_values`.

        Returns:
            A coalesced COO tensor. To multiply by a vector,
            `edgelab.ops.sparse_matmul(self.pattern, values, x)` is faster, forth and back.
        """
        return sparse_matrix(self.pattern, self.edge_values(noise_amplitude, noise_mode))

    @property
    def should_renorm_after_step(self) -> bool:
        """Whether `renorm_params` after every step is of use, whatever the optimiser."""
        return self.budget is not None and self.strict_budget and self.projection == "rescale"

    @torch.no_grad()
    def renorm_params(self) -> None:
        """Scale the parameters to length √E for E directed edges, √(E / 2) for undirected ones.

        Zeros stay. What a strict budget makes of them does not change. With `projection="simplex"`
        they are brought within the budget instead, and the perturbation never changes.
        """
        raw = self.delta_adj_raw
        wide = raw.to(torch.promote_types(raw.dtype, torch.float32))
        if self.projection == "simplex":
            raw.copy_(self._within_budget(wide))
            return
        length = float(wide.norm())
        if length > 0:
            wanted = math.sqrt(raw.numel() if self.directed else raw.numel() / 2)
            raw.copy_(wide * (wanted / length))

    def set_initial_state(self, delta_adj_raw_0: Any, *, renorm: bool = True) -> None:
        """Set the raw parameters.

        Args:
            delta_adj_raw_0: One number per edge.
            renorm: Scales them by `renorm_params`, which without a strict budget changes the
                perturbation; False keeps exactly what is given.

        Raises:
            ConfigError: If it is not one finite number per edge.
        """
        self._set_raw(self._one_per_edge(delta_adj_raw_0))
        if renorm:
            self.renorm_params()

    def set_edge_values(self, values: Any) -> None:
        """Set the parameters so that `edge_values` returns given numbers.

        Args:
            values: One number per edge, within the budget and of the wanted sign.

        Raises:
            ConfigError: If no parameters give these numbers.
        """
        given = self._one_per_edge(values)
        check_within_budget(
            given.double(),
            self.cost_p_sum.double(),
            budget=self.budget,
            order=self.cost_aggr_norm,
            strict=self.strict_budget,
            sign=self.delta_sign,
            max_edges=self.max_edges,
            tolerance=len(given) ** 0.5 * self._rounding,
        )
        is_simplex = self.projection == "simplex"
        self._set_raw(given if is_simplex else inverse_sign_map(given, self.delta_sign))

    def _one_per_edge(self, given: Any) -> Tensor:
        tensor = torch.as_tensor(given, dtype=self.dtype, device=self.device).detach()
        expected = tuple(self.delta_adj_raw.shape)
        if tuple(tensor.shape) != expected:
            raise ConfigError(f"Shape mismatch: got {tuple(tensor.shape)}, expected {expected}.")
        if not tensor.isfinite().all():
            n_wrong = int((~tensor.isfinite()).sum())
            raise ConfigError(f"{n_wrong} of the numbers are NaN or infinite; give finite ones")
        return tensor

    @torch.no_grad()
    def _set_raw(self, raw: Tensor) -> None:
        self.delta_adj_raw.copy_(raw)

    @torch.no_grad()
    def report_budget(self, node_names: Sequence[str] | None = None) -> pd.DataFrame:
        """Say what is spent on which edge.

        Args:
            node_names: One name per node; their numbers by default.

        Returns:
            One row per edge, dearest first, with the columns `src_func, dst_func, src_idx, dst_idx,
            change, cost, spent, share`. `spent` is the edge's part of the norm: the parts add up to
            the norm, in proportion to cost · |change|^p; for p = 1 that is cost · |change|, and for
            p = inf, where every edge has the budget for itself, too. `share` is the part of the
            budget that this is (NaN without one), so that it adds up to 1 when all is spent.

        Raises:
            ConfigError: If there is not one name per node.
        """
        return budget_table(
            self.edge_index,
            self.edge_values(),
            self.cost_p_sum,
            order=self.cost_aggr_norm,
            budget=self.budget,
            n_nodes=self.num_nodes,
            node_names=node_names,
        )

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        before = self.edge_index.clone()
        super()._load_from_state_dict(*args, **kwargs)
        if not torch.equal(before, self.edge_index):
            _check_edges(self.edge_index, self.directed)
            self.pattern = SparsePattern(
                self.edge_index, self.num_nodes, mirrored=not self.directed
            )

    def extra_repr(self) -> str:
        """Describe the settings.

        Returns:
            What is shown between the parentheses.
        """
        return (
            f"num_nodes={self.num_nodes}, edges={self.degrees_of_freedom()}, budget={self.budget}, "
            f"delta_sign={self.delta_sign!r}, directed={self.directed}, "
            f"strict_budget={self.strict_budget}, p={self.cost_aggr_norm}, dtype={self.dtype}, "
            f"device={self.device}"
        )


def _check_edges(edge_index: Tensor, directed: bool) -> None:
    """Refuse a wrong form; ranges and duplicates are found where the pattern is sorted."""
    if not isinstance(edge_index, Tensor):
        raise GraphError(
            f"edge_index must be a tensor, got {type(edge_index).__name__}; "
            "try torch.tensor(edge_index)"
        )
    if edge_index.ndim != 2 or len(edge_index) != 2:
        raise GraphError(
            f"edge_index must have shape (2, number of edges), got {tuple(edge_index.shape)}; "
            "transpose a list of pairs"
        )
    if edge_index.dtype not in {torch.int16, torch.int32, torch.int64}:
        raise GraphError(
            f"edge_index must hold integers (int16 to int64), got {edge_index.dtype}; try .long()"
        )
    wrong = (edge_index[0] >= edge_index[1]).nonzero().flatten()
    if not directed and len(wrong):
        first = int(wrong[0])
        raise GraphError(
            f"an undirected edge is written i < j, but {len(wrong)} are not, first: edge {first}, "
            f"{tuple(edge_index[:, first].tolist())}. Swap i and j, drop self loops, or pass "
            "directed=True."
        )
