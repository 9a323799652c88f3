"""What the arguments of a parameterization must be; everything below trusts them."""

import math
from operator import index

import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.typing import Tensor


def check_count(name: str, value: object, smallest: int) -> int:
    """Read a whole number.

    Args:
        name: Of the argument, for the message.
        value: What was given.
        smallest: The smallest number allowed.

    Returns:
        The number.

    Raises:
        ConfigError: If it is not whole, or too small.

    Example:
        >>> check_count("num_nodes", 3, smallest=0)
        3
    """
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise ConfigError(f"{name} must be a whole number, got {value!r}; pass an int") from error
    if number < smallest:
        raise ConfigError(f"{name} must be at least {smallest}, got {number}")
    return number


def check_budget(budget: int | float | Tensor | None) -> float | None:
    """Read a budget.

    Args:
        budget: A number, a scalar tensor, or None.

    Returns:
        A finite number or None. A negative one turns the sign of every change round, as in gradnet.

    Raises:
        ConfigError: If it is not such a number, or a tensor whose gradient would be lost.

    Example:
        >>> check_budget(2)
        2.0
    """
    if budget is None:
        return None
    if isinstance(budget, Tensor) and budget.requires_grad:
        raise ConfigError(
            "the budget is a constant, but a tensor with a gradient was given; pass budget.item()"
        )
    if isinstance(budget, str) or not math.isfinite(number := float(budget)):
        raise ConfigError(
            f"budget must be a finite number, got {budget!r}; None stands for no budget"
        )
    return number


def check_edges(edge_index: Tensor, directed: bool) -> None:
    """Check the form of an edge list; ranges and duplicates are found where its pattern is sorted.

    Args:
        edge_index: Row and column of every edge.
        directed: Whether i → j and j → i are two edges.

    Raises:
        GraphError: If it is no integer tensor of shape (2, E), or an undirected edge does not have
            i < j.

    Example:
        >>> check_edges(torch.tensor([[0], [1]]), directed=False)
    """
    if not isinstance(edge_index, Tensor):
        raise GraphError(
            f"edge_index must be a tensor, got {type(edge_index).__name__}; try torch.tensor(edge_index)"
        )
    if edge_index.ndim != 2 or len(edge_index) != 2:
        raise GraphError(
            f"edge_index must have shape (2, number of edges), got {tuple(edge_index.shape)}; transpose a list of pairs"
        )
    if edge_index.dtype not in {torch.int16, torch.int32, torch.int64}:
        raise GraphError(
            f"edge_index must hold integers (int16 to int64), got {edge_index.dtype}; try .long()"
        )
    wrong = (edge_index[0] >= edge_index[1]).nonzero().flatten()
    if not directed and len(wrong):
        raise GraphError(
            f"an undirected edge is written i < j, but {len(wrong)} are not, first: edge {int(wrong[0])}, "
            f"{tuple(edge_index[:, wrong[0]].tolist())}. Swap i and j, drop self loops, or pass directed=True."
        )


def check_cost(cost: Tensor, n_edges: int, dtype: torch.dtype | None = None) -> None:
    """Check costs.

    Args:
        cost: What was given.
        n_edges: How many edges there are.
        dtype: The type in which costs will be kept; None: their own.

    Raises:
        ConfigError: If it is not one positive finite number per edge, also in that type.

    Example:
        >>> check_cost(torch.ones(3), 3, torch.float32)
    """
    if not isinstance(cost, Tensor):
        raise ConfigError(
            f"cost_p_sum must be a tensor, got {type(cost).__name__}; try torch.tensor(cost_p_sum)"
        )
    if cost.shape != (n_edges,):
        raise ConfigError(
            f"cost_p_sum must have shape ({n_edges},), one cost per edge; got {tuple(cost.shape)}"
        )
    kept = cost if dtype is None else cost.to(dtype)
    wrong = (~(torch.isfinite(kept) & (kept > 0))).nonzero().flatten()
    if len(wrong):
        raise ConfigError(
            f"costs must be positive and finite in {kept.dtype}, but {len(wrong)} are not, first: "
            f"{float(cost[wrong[0]])} of edge {int(wrong[0])}. Leave out edges that cannot be changed; "
            "give free ones a small cost."
        )
