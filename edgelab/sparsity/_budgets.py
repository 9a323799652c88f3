"""Whole-number budgets that are conserved: how much each layer is pruned of, and grows."""

import math
from collections.abc import Mapping

from edgelab.typing import Bool, Float, Tensor


def mean_magnitude(signal: Float[Tensor, "*shape"], mask: Bool[Tensor, "*shape"]) -> float:
    """Mean absolute signal over active weights.

    Args:
        signal: Gradients or momenta.
        mask: Active weights.

    Returns:
        A number at or above 0; 0 if no weight is active.

    Example:
        >>> import torch
        >>> mean_magnitude(torch.tensor([1.0, -3.0, 100.0]), torch.tensor([True, True, False]))
        2.0
    """
    active = signal.detach()[mask]
    return active.abs().double().mean().item() if active.numel() else 0.0


def normalised(shares: Mapping[str, float]) -> dict[str, float] | None:
    """Shares scaled to a sum of 1, NaN and infinite ones as 0; None if none is above 0."""
    usable = {name: share if math.isfinite(share) else 0.0 for name, share in shares.items()}
    total = sum(usable.values())
    return {name: share / total for name, share in usable.items()} if total > 0 else None


def prune_rates(
    rate: float, density: Mapping[str, float], share: Mapping[str, float]
) -> dict[str, float]:
    """Prune rate of every layer: gentler where a layer is almost dense and matters.

    Args:
        rate: The rate asked for.
        density: Share of active weights in every layer.
        share: Every layer's share of the redistribution statistic; they add up to 1.

    Returns:
        The rate, or the layer's sparsity if that is smaller, below 0.2, and the layer holds more
        than its equal share: such a layer is pruned of no more than it could grow back.

    Source: Dettmers & Zettlemoyer (2019), Sparse networks from scratch.

    Example:
        >>> rates = prune_rates(0.5, {"first": 0.9, "second": 0.1}, {"first": 0.8, "second": 0.2})
        >>> round(rates["first"], 3), rates["second"]
        (0.1, 0.5)
    """

    def protected(name: str) -> bool:
        return 1 - density[name] < 0.2 and share[name] > 1 / len(density)

    return {name: min(1 - density[name], rate) if protected(name) else rate for name in density}


def share_out(
    total: int, shares: Mapping[str, float], capacity: Mapping[str, int]
) -> dict[str, int]:
    """Divide a number of weights among layers, in whole numbers, losing none.

    Args:
        total: Weights to divide; below 0 counts as 0, above all capacities as their sum.
        shares: Every layer's share; they add up to 1.
        capacity: The most that a layer can take.

    Returns:
        Budgets in [0, capacity] that add up to `total`. What does not fit into full layers is
        spread evenly over the others; fractions go to the largest remainders, in the order of
        layers.

    Example:
        >>> share_out(30, {"a": 0.8, "b": 0.1, "c": 0.1}, {"a": 12, "b": 110, "c": 110})
        {'a': 12, 'b': 9, 'c': 9}
    """
    total = min(max(total, 0), sum(capacity.values()))
    wanted = {name: total * share for name, share in shares.items()}
    return _rounded(total, _spread(wanted, capacity), capacity)


def _spread(wanted: dict[str, float], capacity: Mapping[str, int]) -> dict[str, float]:
    """Cut at the capacities and spread what was cut off evenly, until nothing is left over."""
    wanted = dict(wanted)
    for _ in wanted:  # every round fills at least one layer more, or is the last
        overflow = sum(max(wanted[name] - capacity[name], 0) for name in wanted)
        wanted = {name: min(wanted[name], float(capacity[name])) for name in wanted}
        room = [name for name in wanted if wanted[name] < capacity[name]]
        if overflow <= 0 or not room:
            break
        for name in room:
            wanted[name] += overflow / len(room)
    return {name: min(wanted[name], float(capacity[name])) for name in wanted}


def _rounded(
    total: int, wanted: Mapping[str, float], capacity: Mapping[str, int]
) -> dict[str, int]:
    whole = {name: math.floor(value) for name, value in wanted.items()}
    by_remainder = sorted(whole, key=lambda name: whole[name] - wanted[name])
    missing = total - sum(whole.values())
    while missing > 0:
        with_room = [name for name in by_remainder if whole[name] < capacity[name]]
        for name in with_room[:missing]:
            whole[name] += 1
        missing = total - sum(whole.values())
    return whole
