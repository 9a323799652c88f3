"""Everything about masks that must survive a restart, as tensors, numbers, strings and dicts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol, runtime_checkable

import torch

from edgelab.errors import CheckpointError
from edgelab.sparsity.funcs import Decay
from edgelab.typing import Tensor

from ._layers import check_fit, laid_out_like
from ._statistics import LayerStats

SETTINGS = (
    "density",
    "sparse_init",
    "dense_gradients",
    "prune_mode",
    "growth_mode",
    "redistribution_mode",
    "sparse_aware_init",
)
"""What a resumed run must have in common with the stored one."""


@runtime_checkable
class Storable(Protocol):
    """The state of a `Masking`, beside `SETTINGS`."""

    mask_dict: dict[str, Tensor]
    weights: dict[str, Tensor]
    name2prune_rate: dict[str, float]
    stats: LayerStats
    baseline: LayerStats
    mask_step: int
    prune_rate_decay: Decay
    generator: torch.Generator


def stored_state(masking: Storable) -> dict[str, Any]:
    """Collect the state; tensors are copies."""
    return {
        "masks": {name: mask.clone() for name, mask in masking.mask_dict.items()},
        "mask_step": masking.mask_step,
        "baseline_nonzero": masking.baseline.total_nonzero,
        "total_params": masking.baseline.total_nonzero + masking.baseline.total_zero,
        "baseline": asdict(masking.baseline),
        "stats": asdict(masking.stats),
        "name2prune_rate": dict(masking.name2prune_rate),
        "prune_rate_decay": masking.prune_rate_decay.state_dict(),
        "generator": masking.generator.get_state(),
        "settings": {name: getattr(masking, name) for name in SETTINGS},
    }


def restore(masking: Storable, state: Mapping[str, Any]) -> None:
    """Put back what `stored_state` returned; nothing is changed if it does not fit."""
    _check(masking, state)
    masking.prune_rate_decay.load_state_dict(state["prune_rate_decay"])
    for name, mask in state["masks"].items():
        masking.mask_dict[name] = laid_out_like(mask, masking.weights[name])
    masking.mask_step = state["mask_step"]
    masking.baseline = LayerStats(**state["baseline"])
    masking.stats = LayerStats(**state["stats"])
    masking.name2prune_rate = dict(state["name2prune_rate"])
    masking.generator.set_state(state["generator"].cpu())


def _check(masking: Storable, state: Mapping[str, Any]) -> None:
    missing = stored_state(masking).keys() - state.keys()
    if missing:
        raise CheckpointError(
            f"the stored state of the masks lacks {sorted(missing)}. Store Masking.state_dict() as "
            "it is; to take over nothing but masks, pass them to set_masks."
        )
    check_fit(state["masks"], {name: tuple(mask.shape) for name, mask in masking.mask_dict.items()})
    for name in SETTINGS:
        stored = state["settings"].get(name)
        own = getattr(masking, name)
        if stored != own:
            raise CheckpointError(
                f"the stored run had {name}={stored!r}, this one {own!r}. Use the same settings; "
                "to take over nothing but masks, pass state['masks'] to set_masks."
            )
