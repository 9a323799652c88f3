"""The matrices that describe a graph and its change, checked against each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.perturbation._matrix_inputs import (
    MatrixLike,
    check_symmetric,
    marked_edges,
    read_square_matrix,
    stored_values,
)
from edgelab.typing import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraphMatrices:
    """Checked matrices of one graph, each dense, or sparse and coalesced."""

    mask: Tensor  # 1 where the adjacency may change; the diagonal is empty
    adj0: Tensor
    cost_matrix: Tensor | None  # of a unit of change; None: 1
    groups: Tensor | None  # number, from 1, of the budget that pays; None: there is one budget

    def named(self) -> Iterator[tuple[str, Tensor | None]]:
        """Give every matrix with its name."""
        yield "mask", self.mask
        yield "adj0", self.adj0
        yield "cost_matrix", self.cost_matrix
        yield "groups", self.groups


def read_matrices(
    mask: MatrixLike | None,
    adj0: MatrixLike | None,
    cost_matrix: MatrixLike | None,
    groups: MatrixLike | None = None,
    *,
    num_nodes: int,
    directed: bool,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
) -> GraphMatrices:
    """Read matrices of any kind; an absent mask allows all, an absent `adj0` has no edges."""
    place = place_of(adj0, mask, cost_matrix, dtype=dtype, device=device)
    given = {"mask": mask, "adj0": adj0, "cost_matrix": cost_matrix, "groups": groups}
    read = {
        name: read_square_matrix(name, matrix, num_nodes, dtype=place.dtype, device=place.device)
        for name, matrix in given.items()
        if matrix is not None
    }
    if not directed:
        for name, matrix in read.items():
            check_symmetric(name, matrix)
    if mask is None:
        read["mask"] = torch.ones(num_nodes, num_nodes, dtype=place.dtype, device=place.device)
    allowed = _without_diagonal(read["mask"])
    return GraphMatrices(
        mask=allowed,
        adj0=read.get("adj0", _empty_like(allowed)),
        cost_matrix=read.get("cost_matrix"),
        groups=read.get("groups"),
    )


class Place(NamedTuple):
    """Precision and device of the numbers of a graph."""

    dtype: torch.dtype
    device: torch.device


def place_of(
    *matrices: MatrixLike | None, dtype: torch.dtype | str | None, device: torch.device | str | None
) -> Place:
    """Precision and device as wanted, or those of the first (floating-point) tensor."""
    tensors = [matrix for matrix in matrices if isinstance(matrix, Tensor)]
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype.removeprefix("torch."), dtype)
    if dtype is None:
        precisions = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
        dtype = precisions[0] if precisions else torch.get_default_dtype()
    if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise ConfigError(
            f"dtype must be a floating-point type of torch, got {dtype!r}; for example 'float64'"
        )
    if device is None:
        device = tensors[0].device if tensors else torch.get_default_device()
    return Place(dtype, torch.device(device))


def _without_diagonal(mask: Tensor) -> Tensor:
    values = stored_values(mask)
    if not ((values == 0) | (values == 1)).all():
        raise GraphError(
            "mask must hold 0 and 1 only, got other values. "
            "Use (mask != 0), and cost_matrix to make some changes dearer than others."
        )
    if not mask.is_sparse:
        return mask * (1 - torch.eye(len(mask), dtype=mask.dtype, device=mask.device))
    index = marked_edges(mask, directed=True)
    ones = torch.ones_like(index[0], dtype=mask.dtype)
    with torch.sparse.check_sparse_tensor_invariants():
        return torch.sparse_coo_tensor(index, ones, mask.shape, is_coalesced=True)


def _empty_like(mask: Tensor) -> Tensor:
    if not mask.is_sparse:
        return torch.zeros_like(mask)
    index = mask.indices()[:, :0]
    values = mask.values()[:0]
    with torch.sparse.check_sparse_tensor_invariants():
        return torch.sparse_coo_tensor(index, values, mask.shape, is_coalesced=True)
