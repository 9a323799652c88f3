"""One move of the pattern: prune every layer, share out what was freed, grow it elsewhere."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from edgelab.sparsity.funcs import (
    GROWERS,
    KEEPS_LAYER_COUNTS,
    NETWORK_PRUNERS,
    PRUNERS,
    REDISTRIBUTIONS,
    MaskingView,
)
from edgelab.typing import Tensor

from ._budgets import normalised, prune_rates, share_out
from ._layers import laid_out_like
from ._signals import signal_of
from ._statistics import LayerStats, count_active

logger = logging.getLogger(__name__)


@runtime_checkable
class Updatable(MaskingView, Protocol):
    """What an update needs of a `Masking`: the view, its modes, and the counts to restore."""

    prune_mode: str
    growth_mode: str
    redistribution_mode: str
    baseline: LayerStats


def update_masks(masking: Updatable) -> LayerStats:
    """Prune, share out, grow; changes `mask_dict` and `name2prune_rate`, and counts anew."""
    before = count_active(masking.mask_dict)
    names = _layers_with_signals(masking)
    share = _shares(masking, names, before)
    even = dict.fromkeys(names, 1 / max(len(names), 1))
    masking.name2prune_rate = prune_rates(
        masking.prune_rate, {name: before.densities[name] for name in names}, share or even
    )
    _prune(masking, names)
    pruned = count_active(masking.mask_dict)
    removed = _differences(before, pruned)
    if masking.growth_mode != "none":
        _grow(masking, _budgets(masking, names, pruned, removed, share))
    after = count_active(masking.mask_dict)
    return replace(
        after,
        removed_dict=removed,
        grown_dict=_differences(after, pruned),
        variance_dict=share or {},
    )


def _layers_with_signals(masking: Updatable) -> list[str]:
    """Layers that have the gradient or momentum which the modes read; warns about the others."""
    if masking.growth_mode == "none":
        return list(masking.mask_dict)
    modes = (GROWERS[masking.growth_mode], REDISTRIBUTIONS[masking.redistribution_mode])
    signals = {signal_of(mode) for mode in modes} - {None}
    missing = {
        name: signal
        for signal in sorted(str(signal) for signal in signals)
        for name in masking.mask_dict
        if not _has(masking, masking.weights[name], signal)
    }
    for name, signal in missing.items():
        logger.warning(
            "%s has no %s, so its connections stay as they are; call update_connections after "
            "backward, before zero_grad, and not before the first step",
            name,
            signal,
        )
    return [name for name in masking.mask_dict if name not in missing]


def _has(masking: Updatable, weight: Tensor, signal: str) -> bool:
    if signal == "gradient":
        return weight.grad is not None
    return masking.get_momentum_for_weight(weight) is not None


def _shares(
    masking: Updatable, names: Iterable[str], before: LayerStats
) -> dict[str, float] | None:
    if masking.growth_mode == "none" or masking.redistribution_mode in KEEPS_LAYER_COUNTS:
        return normalised({name: float(before.nonzeros_dict[name]) for name in names})
    statistic = REDISTRIBUTIONS[masking.redistribution_mode]
    return normalised(
        {
            name: statistic(masking, name, masking.weights[name], masking.mask_dict[name])
            for name in names
        }
    )


def _prune(masking: Updatable, names: list[str]) -> None:
    if masking.prune_mode in NETWORK_PRUNERS:
        untouched = {name: mask for name, mask in masking.mask_dict.items() if name not in names}
        NETWORK_PRUNERS[masking.prune_mode](masking)
        masking.mask_dict.update(untouched)
        return
    prune = PRUNERS[masking.prune_mode]
    for name in names:
        weight = masking.weights[name]
        pruned = prune(masking, masking.mask_dict[name], weight, name)
        masking.mask_dict[name] = laid_out_like(pruned, weight)


def _budgets(
    masking: Updatable,
    names: list[str],
    pruned: LayerStats,
    removed: dict[str, int],
    share: dict[str, float] | None,
) -> dict[str, int]:
    capacity = {name: pruned.zeros_dict[name] for name in names}
    if masking.redistribution_mode in KEEPS_LAYER_COUNTS:
        # Against the baseline, not what was just removed: what whole kernels could not use comes
        # back later.
        missing = {
            name: masking.baseline.nonzeros_dict[name] - pruned.nonzeros_dict[name]
            for name in names
        }
        return {name: min(max(missing[name], 0), capacity[name]) for name in names}
    if share is None:
        return {name: removed[name] for name in names}
    return share_out(masking.baseline.total_nonzero - pruned.total_nonzero, share, capacity)


def _grow(masking: Updatable, budgets: dict[str, int]) -> None:
    grow = GROWERS[masking.growth_mode]
    for name, budget in budgets.items():
        if budget > 0:
            weight = masking.weights[name]
            grown = grow(masking, name, budget, weight)
            masking.mask_dict[name] = laid_out_like(grown, weight)


def _differences(larger: LayerStats, smaller: LayerStats) -> dict[str, int]:
    return {
        name: count - smaller.nonzeros_dict[name] for name, count in larger.nonzeros_dict.items()
    }
