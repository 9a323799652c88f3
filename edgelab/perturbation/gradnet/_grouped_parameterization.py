"""A perturbation whose edges fall into groups with a budget each."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.ops import SparsePattern, sparse_matrix
from edgelab.typing import Float, Int, Tensor

from ._sparse_parameterization import SparseParameterization


class GroupedParameterization(nn.Module):
    """Several sparse parameterizations, one per group of edges, that are one to whoever uses them.

    Args:
        members: One per group, over the same nodes; their edges do not overlap.
        edges_of_group: For each, the places of its edges in the common list of edges.

    Raises:
        ConfigError: If the places are not those of a list without gaps.

    Example:
        >>> def member(source, target, budget):
        ...     return SparseParameterization(
        ...         num_nodes=3,
        ...         budget=budget,
        ...         edge_index=torch.tensor([[source], [target]]),
        ...         cost_p_sum=torch.ones(1),
        ...         directed=True,
        ...         strict_budget=True,
        ...     )
        >>> both = GroupedParameterization(
        ...     [member(1, 2, 5.0), member(0, 1, 7.0)], [torch.tensor([1]), torch.tensor([0])]
        ... )
        >>> both.edge_index.tolist(), [round(value, 4) for value in both.edge_values().tolist()]
        ([[0, 1], [1, 2]], [7.0, 5.0])
    """

    edge_index: Tensor
    cost_p_sum: Tensor
    group_of_edge: Tensor
    _place: Tensor

    def __init__(
        self, members: Sequence[SparseParameterization], edges_of_group: Sequence[Int[Tensor, " _"]]
    ) -> None:
        super().__init__()
        if not members or len(members) != len(edges_of_group):
            raise ConfigError(
                f"every group needs a parameterization and its edges, got {len(members)} and "
                f"{len(edges_of_group)}"
            )
        order = torch.cat(list(edges_of_group))
        place = order.argsort()
        if not torch.equal(order[place], torch.arange(len(order), device=order.device)):
            raise ConfigError(
                f"the groups must share out edges 0 to {len(order) - 1}, each one once"
            )
        self.members = nn.ModuleList(members)
        sizes = torch.tensor([len(edges) for edges in edges_of_group], device=order.device)
        groups = torch.arange(len(members), device=order.device).repeat_interleave(sizes)
        tables = {
            "edge_index": torch.cat([member.edge_index for member in members], 1)[:, place],
            "cost_p_sum": torch.cat([member.cost_p_sum for member in members])[place],
            "group_of_edge": groups[place],
            "_place": place,
        }
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)
        self.pattern = SparsePattern(
            self.edge_index, members[0].num_nodes, mirrored=not members[0].directed
        )

    @property
    def _first(self) -> SparseParameterization:
        return next(iter(self._all()))

    def _all(self) -> list[SparseParameterization]:
        return [member for member in self.members if isinstance(member, SparseParameterization)]

    @property
    def budget(self) -> tuple[float | None, ...]:
        """What each group may spend."""
        return tuple(member.budget for member in self._all())

    @property
    def strict_budget(self) -> bool:
        """Whether budgets are spent exactly."""
        return self._first.strict_budget

    @property
    def directed(self) -> bool:
        """Whether i → j and j → i are two edges."""
        return self._first.directed

    @property
    def cost_aggr_norm(self) -> int | float:
        """The p of the norm."""
        return self._first.cost_aggr_norm

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the parameters."""
        return self._first.dtype

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self._first.device

    @property
    def delta_adj_raw(self) -> Float[Tensor, " edges"]:
        """The raw numbers of all edges, in their common order; a copy of the members'."""
        return torch.cat([member.delta_adj_raw for member in self._all()])[self._place]

    @property
    def should_renorm_after_step(self) -> bool:
        """Whether in some group only the direction of the raw numbers counts."""
        return any(member.should_renorm_after_step for member in self._all())

    def degrees_of_freedom(self) -> int:
        """Number of edges."""
        return len(self.group_of_edge)

    def edge_values(
        self, noise_amplitude: float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, " edges"]:
        """Return the change of every edge.

        Args:
            noise_amplitude: Size of random numbers on the raw ones; 0 draws none.
            noise_mode: `"additive"` or `"multiplicative"`.

        Returns:
            One number per edge, in the common order.
        """
        values = [member.edge_values(noise_amplitude, noise_mode) for member in self._all()]
        return torch.cat(values)[self._place]

    def forward(
        self, noise_amplitude: float = 0.0, noise_mode: str = "additive"
    ) -> Float[Tensor, "nodes nodes"]:
        """Return the change as a matrix.

        Args:
            noise_amplitude: As in `edge_values`.
            noise_mode: As in `edge_values`.

        Returns:
            A coalesced COO tensor.
        """
        return sparse_matrix(self.pattern, self.edge_values(noise_amplitude, noise_mode))

    def report_budget(self, node_names: Sequence[str] | None = None) -> pd.DataFrame:
        """Say what is spent on which edge, group by group.

        Args:
            node_names: One name per node; their numbers by default.

        Returns:
            As of a `SparseParameterization`, with a last column `group`, numbered from 1; shares
            are of the budget of the group.
        """
        tables = [member.report_budget(node_names) for member in self._all()]
        grouped = [table.assign(group=group) for group, table in enumerate(tables, start=1)]
        return pd.concat(grouped, ignore_index=True)

    def renorm_params(self) -> None:
        """Scale the raw numbers of each group with a budget; those without keep theirs."""
        for member in self._all():
            if member.budget is not None:
                member.renorm_params()

    def set_initial_state(self, delta_adj_raw_0: Any, *, renorm: bool = True) -> None:
        """Replace the raw numbers.

        Args:
            delta_adj_raw_0: One number per edge, in the common order.
            renorm: Scale them as `renorm_params` does.

        Raises:
            ConfigError: If there is not one number per edge.
        """
        raw = torch.as_tensor(delta_adj_raw_0, device=self.device)
        if tuple(raw.shape) != (self.degrees_of_freedom(),):
            raise ConfigError(
                f"Shape mismatch: got {tuple(raw.shape)}, expected {(self.degrees_of_freedom(),)}."
            )
        sizes = [member.degrees_of_freedom() for member in self._all()]
        by_member = raw[self._place.argsort()].split(sizes)
        for member, part in zip(self._all(), by_member, strict=True):
            member.set_initial_state(part, renorm=False)
        if renorm:
            self.renorm_params()
