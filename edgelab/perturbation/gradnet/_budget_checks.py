"""What the ways to keep a budget need; everything below trusts them."""

import math

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._norms import cost_norm
from ._signs import has_sign

PROJECTIONS = ("rescale", "simplex")


def check_share(name: str, value: object) -> float:
    """Read a share between 0 and 1.

    Args:
        name: Of the argument, for the message.
        value: A number, clamped to [0, 1], a bool, or None for 0.

    Returns:
        The share.

    Raises:
        ConfigError: If it is no number.

    Example:
        >>> check_share("rand_init_weights", True), check_share("rand_init_weights", 7)
        (1.0, 1.0)
    """
    number = value or 0.0
    if not isinstance(number, int | float) or math.isnan(number):
        raise ConfigError(f"{name} must be a bool or a number between 0 and 1, got {value!r}")
    return min(1.0, max(0.0, float(number)))


def check_projection(
    projection: str, budget: float | None, order: int | float, max_edges: int | None
) -> str:
    """Check how a perturbation is brought to its budget.

    Args:
        projection: One of `rescale`, `simplex`.
        budget: The budget, or None.
        order: The p of the norm.
        max_edges: How many edges may change, or None.

    Returns:
        The projection.

    Raises:
        ConfigError: If it is unknown, or `simplex` has no budget, a negative one, another norm than
            p = 1, or a limit on the number of edges.

    Example:
        >>> check_projection("simplex", 2.0, 1, None)
        'simplex'
    """
    if projection not in PROJECTIONS:
        raise ConfigError(f"projection must be one of {list(PROJECTIONS)}; got {projection!r}")
    if projection == "simplex" and (budget is None or budget < 0 or order != 1):
        raise ConfigError(
            f"projection='simplex' needs a budget that is not negative and cost_aggr_norm=1, got budget={budget} and "
            f"cost_aggr_norm={order}; projection='rescale' takes any"
        )
    if projection == "simplex" and max_edges is not None:
        raise ConfigError(
            f"max_edges={max_edges} works with projection='rescale' only; 'simplex' finds by itself how few edges do"
        )
    return projection


def check_within_budget(
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    *,
    budget: float | None,
    order: int | float,
    strict: bool,
    sign: str,
    max_edges: int | None,
    tolerance: float,
) -> None:
    """Refuse a perturbation that breaks its budget or its sign.

    Args:
        values: The perturbation.
        cost: Positive, as in `cost_norm`.
        budget: The norm that may be spent; strictly, must be.
        order: The p of the norm.
        strict: Whether the budget is to be spent exactly.
        sign: `free`, `nonnegative` or `nonpositive`.
        max_edges: How many edges may change, or None.
        tolerance: Relative error of the budget that counts as rounding.

    Raises:
        ConfigError: If a rule is broken.

    Example:
        >>> import torch
        >>> rules = {"budget": 2.0, "order": 1, "strict": True, "sign": "free", "max_edges": None, "tolerance": 0.0}
        >>> check_within_budget(torch.ones(2), torch.ones(2), **rules)
    """
    if not has_sign(values, sign):
        raise ConfigError(
            f"changes must be {sign}, but they range from {float(values.min())} to {float(values.max())}"
        )
    n_changed = int(values.count_nonzero())
    if max_edges is not None and n_changed > max_edges:
        raise ConfigError(
            f"at most max_edges={max_edges} edges may change, but {n_changed} do; set others to 0"
        )
    if budget is None:
        return
    spent, slack = float(cost_norm(values, cost, order)), tolerance * abs(budget)
    if spent > budget + slack or (strict and spent < budget - slack):
        rule = "exactly" if strict else "at most"
        raise ConfigError(
            f"changes must cost {rule} {budget}, but they cost {spent}; multiply by {budget} / {spent}"
        )
