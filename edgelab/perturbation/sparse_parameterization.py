"""A perturbation of chosen edges that keeps to a cost budget, stored and differentiated edge by edge."""

import math
from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.ops import SparsePattern, sparse_matrix
from edgelab.perturbation.edge_checks import check_budget, check_cost, check_count, check_edges
from edgelab.perturbation.noise import add_noise
from edgelab.perturbation.norms import norm_order
from edgelab.perturbation.rescale import rescale
from edgelab.perturbation.signs import check_sign, sign_map
from edgelab.typing import Float, Tensor


class SparseParameterization(nn.Module):
    """A trainable change of the weights of a list of edges, whose cost-weighted p-norm stays within a budget.

    Args:
        num_nodes: Nodes of the graph.
        budget: Norm of the change, (Σ cost_p_sum · |change|^p)^(1/p), that may be spent; None: no limit.
        edge_index: Integers, 2 × edges. Undirected edges are written i < j and mirrored.
        cost_p_sum: One positive number per edge: what |change|^p costs, summed over the entries of the matrix that the
            edge fills. For p = inf it is the cost itself, of the dearer entry.
        delta_sign: `free`, `nonnegative` or `nonpositive`; the latter two square the parameters.
        directed: Whether i → j leaves j → i alone.
        strict_budget: Spends exactly the budget; else scales down only.
        cost_aggr_norm: The p: a whole number, or inf.
        rand_init_weights: Share of uniform random numbers in the initial parameters, 0 to 1; the rest is 1 in strict
            mode and 0 otherwise.
        dtype: Of parameters and costs; that of `cost_p_sum` by default.
        device: That of `edge_index` by default.

    Raises:
        GraphError: If an edge is malformed, out of range or given twice.
        ConfigError: If another argument breaks its rule.

    Example:
        >>> edges, cost = torch.tensor([[0, 0], [1, 2]]), torch.tensor([2.0, 2.0])
        >>> change = SparseParameterization(
        ...     num_nodes=3, budget=4, edge_index=edges, cost_p_sum=cost, strict_budget=True, rand_init_weights=False
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
        rand_init_weights: bool | float = True,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        self.num_nodes = check_count("num_nodes", num_nodes, smallest=0)
        self.budget = check_budget(budget)
        self.delta_sign = check_sign("delta_sign", delta_sign)
        self.directed, self.strict_budget = bool(directed), bool(strict_budget)
        self.cost_aggr_norm = norm_order(cost_aggr_norm)
        check_edges(edge_index, self.directed)
        dtype = dtype or (cost_p_sum.dtype if cost_p_sum.is_floating_point() else torch.get_default_dtype())
        check_cost(cost_p_sum, edge_index.shape[1], dtype)
        device = edge_index.device if device is None else torch.device(device)
        self.register_buffer("edge_index", edge_index.to(device))
        self.register_buffer("cost_p_sum", cost_p_sum.detach().to(device, dtype))
        self.pattern = SparsePattern(self.edge_index, self.num_nodes, mirrored=not self.directed)
        self.delta_adj_raw = nn.Parameter(self._initial(rand_init_weights))

    def _initial(self, share: bool | float) -> Tensor:
        share = min(1.0, max(0.0, float(share)))
        random = torch.rand(len(self.cost_p_sum), dtype=self.cost_p_sum.dtype, device=self.cost_p_sum.device)
        return (1 - share) * float(self.strict_budget) + share * random

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

    def edge_values(self, noise_amplitude: int | float = 0.0, noise_mode: str = "additive") -> Float[Tensor, " edges"]:
        """Return the change of every edge, in the order of `edge_index`.

        Args:
            noise_amplitude: Root mean square of Gaussian noise on the raw parameters.
            noise_mode: `additive` or `multiplicative`.

        Returns:
            One number per edge, within the budget.
        """
        raw = add_noise(self.delta_adj_raw, noise_amplitude, noise_mode)
        wide = raw.to(torch.promote_types(raw.dtype, torch.float32))
        values = sign_map(wide, self.delta_sign)
        if self.budget is not None:
            cost = self.cost_p_sum.to(wide.dtype)
            values = rescale(values, cost, self.budget, order=self.cost_aggr_norm, strict=self.strict_budget)
        return values.to(raw.dtype)

    def forward(self, noise_amplitude: int | float = 0.0, noise_mode: str = "additive") -> Float[Tensor, "nodes nodes"]:
        """Return the change as a matrix.

        Args:
            noise_amplitude: As in `edge_values`.
            noise_mode: As in `edge_values`.

        Returns:
            A coalesced COO tensor. To multiply by a vector, `edgelab.ops.sparse_matmul(self.pattern, values, x)` is
            faster, forth and back.
        """
        return sparse_matrix(self.pattern, self.edge_values(noise_amplitude, noise_mode))

    @torch.no_grad()
    def renorm_params(self) -> None:
        """Scale the parameters to the length √E of E directed edges, √(E / 2) of undirected ones; zeros stay.

        What a strict budget makes of them does not change.
        """
        raw = self.delta_adj_raw
        wide = raw.to(torch.promote_types(raw.dtype, torch.float32))
        length = float(wide.norm())
        if length > 0:
            target = math.sqrt(raw.numel() if self.directed else raw.numel() / 2)
            raw.copy_(wide * (target / length))

    def set_initial_state(self, delta_adj_raw_0: Any, *, renorm: bool = True) -> None:
        """Set the raw parameters.

        Args:
            delta_adj_raw_0: One number per edge.
            renorm: Scales them by `renorm_params`, which without a strict budget changes the perturbation; False keeps
                exactly what is given.

        Raises:
            ConfigError: If it is not one finite number per edge.
        """
        given = torch.as_tensor(delta_adj_raw_0, dtype=self.dtype, device=self.device).detach()
        shape = tuple(self.delta_adj_raw.shape)
        if tuple(given.shape) != shape:
            raise ConfigError(f"Shape mismatch: got {tuple(given.shape)}, expected {shape}.")
        with torch.no_grad():
            self.delta_adj_raw.copy_(given)
        if renorm:
            self.renorm_params()

    def extra_repr(self) -> str:
        """Describe the settings.

        Returns:
            What is shown between the parentheses.
        """
        return (
            f"num_nodes={self.num_nodes}, edges={self.degrees_of_freedom()}, budget={self.budget}, "
            f"delta_sign={self.delta_sign!r}, directed={self.directed}, strict_budget={self.strict_budget}, "
            f"p={self.cost_aggr_norm}, dtype={self.dtype}, device={self.device}"
        )
