"""A change of a small graph as a dense matrix: what the sparse one is checked against."""

import math

import torch
from torch import nn
from torch.linalg import vector_norm

from edgelab.checks import check_integer
from edgelab.errors import GraphError
from edgelab.perturbation._matrix_inputs import MatrixLike, marked_edges, read_square_matrix
from edgelab.typing import Float, Num, Tensor

from ._budget import edge_costs, norm_order, read_budget
from ._raw_numbers import add_noise, initial_numbers, read_share
from ._signs import read_sign, sign_map

# Below this norm a raw matrix has no direction to keep.
_SMALLEST_NORM = 1e-12


class DenseParameterization(nn.Module):
    """A trainable change of an adjacency matrix whose cost stays within a budget.

    One raw number per pair of nodes is made symmetric unless `directed`, mapped to the wanted sign
    (by squaring), multiplied by the mask, and scaled so that the p-norm of cost times change meets
    the budget.

    Args:
        num_nodes: Rows and columns of the matrix.
        budget: Largest (or, with `strict_budget`, exact) p-norm of cost times change; None does not
            scale.
        mask: Square; 0 where nothing may change, other values multiply the change.
        cost_matrix: Square; above 0 where the mask is not 0.
        delta_sign: `"free"`, `"nonnegative"` or `"nonpositive"`.
        directed: Keep i → j and j → i apart.
        strict_budget: Also scale up to the budget.
        cost_aggr_norm: p, a positive integer or `inf`.
        rand_init_weights: Share, clamped to [0, 1], of uniform random numbers in the initial raw
            matrix; the rest is 1 with `strict_budget` and 0 without.

    Raises:
        ConfigError: If an option breaks its rule.
        GraphError: If a matrix does.

    Warns:
        RuntimeWarning: If training could never move the initial raw matrix.

    Example:
        >>> mask = 1 - torch.eye(3)
        >>> change = DenseParameterization(
        ...     3, 6.0, mask, torch.ones(3, 3), strict_budget=True, rand_init_weights=False
        ... )
        >>> change().detach()
        tensor([[0.0000, 1.0000, 1.0000],
                [1.0000, 0.0000, 1.0000],
                [1.0000, 1.0000, 0.0000]])
    """

    mask: Tensor
    cost_matrix: Tensor

    def __init__(
        self,
        num_nodes: int,
        budget: float | None,
        mask: Num[Tensor, "rows columns"],
        cost_matrix: MatrixLike,
        *,
        delta_sign: str = "nonnegative",
        directed: bool = False,
        strict_budget: bool = False,
        cost_aggr_norm: int | float = 1,
        rand_init_weights: bool | float = True,
    ) -> None:
        super().__init__()
        check_integer("num_nodes", num_nodes)
        self.num_nodes = int(num_nodes)
        self.budget = read_budget(budget)
        self.delta_sign = read_sign("delta_sign", delta_sign)
        self.cost_aggr_norm = norm_order(cost_aggr_norm)
        self.directed = directed
        self.strict_budget = strict_budget
        dtype = mask.dtype if mask.is_floating_point() else torch.get_default_dtype()
        mask = read_square_matrix("mask", mask, self.num_nodes, dtype=dtype, device=mask.device)
        cost = read_square_matrix(
            "cost_matrix", cost_matrix, self.num_nodes, dtype=dtype, device=mask.device
        )
        mask = mask.to_dense()
        cost = cost.to_dense()
        # For its refusals: every entry that may change needs a cost above 0.
        edge_costs(cost, marked_edges(mask, directed=True), order=1, directed=True, dtype=dtype)
        self.register_buffer("mask", mask)
        self.register_buffer("cost_matrix", cost)
        share = read_share("rand_init_weights", rand_init_weights)
        squared = self.delta_sign != "free"
        self.delta_adj_raw = nn.Parameter(
            initial_numbers(torch.rand_like(mask), share, strict=strict_budget, squared=squared)
        )
        self.renorm_params()

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.delta_adj_raw.device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the parameters."""
        return self.delta_adj_raw.dtype

    @property
    def should_renorm_after_step(self) -> bool:
        """Whether only the direction of the raw matrix counts, and its length may be kept."""
        return self.budget is not None and self.strict_budget

    def degrees_of_freedom(self) -> int:
        """Count the numbers that can be chosen freely.

        Returns:
            Entries of the mask that are not 0; half of them when not `directed`.
        """
        n_entries = int(self.mask.count_nonzero())
        return n_entries if self.directed else n_entries // 2

    def forward(
        self, noise_amplitude: float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, "nodes nodes"]:
        """Return the change of the adjacency matrix.

        Args:
            noise_amplitude: Size of random numbers on the raw ones; 0 draws none.
            noise_mode: `"additive"`, or `"multiplicative"` to multiply each raw number by 1 +
                noise.

        Returns:
            A matrix that is 0 outside the mask, and symmetric unless `directed`.

        Raises:
            ConfigError: If the mode is unknown.
        """
        # As long as noise on the free numbers alone would be, though it lies on every number of the
        # matrix.
        free_share = max(1, self.degrees_of_freedom()) / self.delta_adj_raw.numel()
        amplitude = noise_amplitude * math.sqrt(free_share)
        raw = add_noise(self.delta_adj_raw.flatten(), amplitude, noise_mode)
        raw = raw.reshape(self.delta_adj_raw.shape)
        raw = raw.to(torch.promote_types(raw.dtype, torch.float32))
        if not self.directed:
            raw = (raw + raw.t()) / 2
        change = sign_map(raw, self.delta_sign) * self.mask
        if self.budget is not None:
            change = self._within_budget(change, self.budget)
        return change.to(self.dtype)

    def _within_budget(self, change: Tensor, budget: float) -> Tensor:
        weighted = self.cost_matrix * change
        # Divided by its largest entry, a constant, so that no power overflows.
        largest = weighted.detach().abs().max()
        unit = torch.where(largest > 0, largest, 1)
        norm = unit * vector_norm(weighted / unit, ord=self.cost_aggr_norm)
        factor = torch.where(norm > 0, budget / torch.where(norm > 0, norm, 1), 1)
        return change * (factor if self.strict_budget else factor.clamp(max=1))

    @torch.no_grad()
    def renorm_params(self) -> None:
        """Scale the raw matrix to the root of its degrees of freedom; a strict change stays."""
        norm = self.delta_adj_raw.norm(dtype=torch.promote_types(self.dtype, torch.float32))
        if norm > _SMALLEST_NORM:
            self.delta_adj_raw.mul_(math.sqrt(self.degrees_of_freedom() or self.num_nodes) / norm)

    @torch.no_grad()
    def set_initial_state(
        self, delta_adj_raw_0: Num[Tensor, "nodes nodes"], *, renorm: bool = True
    ) -> None:
        """Replace the raw matrix.

        Args:
            delta_adj_raw_0: The new one.
            renorm: Scale it as `renorm_params` does; False takes it as it is.

        Raises:
            GraphError: If it has another shape.
        """
        if delta_adj_raw_0.shape != self.delta_adj_raw.shape:
            raise GraphError(
                f"Shape mismatch: got {tuple(delta_adj_raw_0.shape)}, "
                f"expected {tuple(self.delta_adj_raw.shape)}."
            )
        self.delta_adj_raw.copy_(delta_adj_raw_0)
        if renorm:
            self.renorm_params()

    def extra_repr(self) -> str:
        """Describe the settings.

        Returns:
            One line.
        """
        return (
            f"num_nodes={self.num_nodes}, budget={self.budget}, delta_sign={self.delta_sign!r}, "
            f"directed={self.directed}, strict_budget={self.strict_budget}, "
            f"p={self.cost_aggr_norm}, dtype={self.dtype}, device={self.device}"
        )
