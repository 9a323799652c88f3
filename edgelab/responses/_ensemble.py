"""GSNNs that predict hidden conditions, wired like the prior network, several to a fold."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch

from edgelab.checks import check_integer, check_share
from edgelab.errors import ConfigError
from edgelab.ops import spread
from edgelab.seeds import seed_for
from edgelab.typing import Array, Bool, Float, Int

from ._conditions import Conditions
from ._copies import CopySettings, train_copies

# Folds whose copies are trained as one; more need more memory and are hardly faster.
_FOLDS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleSettings:
    """How the GSNNs of a fold are made.

    Attributes:
        members: How many are averaged, each with other initial weights and another part of the
            conditions left out.
        inner_fraction: Share of a fold's training conditions, in (0, 1), that each member leaves
            out; they decide when to stop, together for all members of the fold.
        copies: Size and training of a member.
        n_processes: How many processes share the folds; the result does not depend on it.

    Raises:
        ConfigError: If a value breaks its rule.

    Example:
        >>> EnsembleSettings(members=2).inner_fraction
        0.2
    """

    members: int = 4
    inner_fraction: float = 0.2
    copies: CopySettings = field(default_factory=CopySettings)
    n_processes: int = 1

    def __post_init__(self) -> None:
        check_integer("members", self.members)
        check_share("inner_fraction", self.inner_fraction)


def predict_by_gsnns(
    conditions: Conditions, settings: EnsembleSettings
) -> Float[Array, "conditions outputs"]:
    """Mean prediction of each fold by GSNNs that were trained on the others."""
    # Every member leaves out some more conditions. How long to train is decided for each fold by
    # the error on these, averaged over its members; the hidden fold has no part in it.
    folds = np.unique(conditions.fold)
    if len(folds) < 3:
        raise ConfigError(
            f"{len(folds)} folds are too few to hide one, stop by another and train on the rest; "
            "use 3"
        )
    blocks = [
        folds[start : start + _FOLDS_AT_ONCE] for start in range(0, len(folds), _FOLDS_AT_ONCE)
    ]
    predict_block = partial(_predict_block, conditions, settings)
    parts = spread(predict_block, blocks, settings.n_processes, "GSNNs")
    predicted = np.empty_like(conditions.y)
    for block, part in zip(blocks, parts, strict=True):
        hidden = np.isin(conditions.fold, block)
        predicted[hidden] = part[hidden]
    return predicted


def _predict_block(
    conditions: Conditions, settings: EnsembleSettings, block: Int[Array, " folds"]
) -> Float[Array, "conditions outputs"]:
    """Predictions of the conditions in a few folds; other rows are NaN."""
    # The copies of a block are its folds times the members, fold by fold.
    hidden = np.repeat([conditions.fold == fold for fold in block], settings.members, axis=0)
    left_out = np.stack(
        [
            _drawn_groups(
                conditions,
                ~rows,
                settings.inner_fraction,
                seed_for(settings.copies.seed, f"left out by copy {copy} from fold {block[0]}"),
            )
            for copy, rows in enumerate(hidden)
        ]
    )
    weights_seed = seed_for(settings.copies.seed, f"weights from fold {block[0]}")
    looks = _trained(conditions, ~hidden & ~left_out, replace(settings.copies, seed=weights_seed))
    error = _mean_squared_error(looks, conditions, left_out)
    predicted = np.full_like(conditions.y, np.nan)
    for place, fold in enumerate(block):
        members = slice(place * settings.members, (place + 1) * settings.members)
        best = int(error[:, members].mean(axis=1).argmin())
        rows = conditions.fold == fold
        predicted[rows] = looks[best, members][:, rows].mean(axis=0)
    return predicted


def _trained(
    conditions: Conditions, shown: Bool[Array, "copies conditions"], settings: CopySettings
) -> Float[Array, "looks copies conditions outputs"]:
    """What each copy predicts in the course of its training on what it is shown."""
    weight = shown[:, :, None] * conditions.count.astype(float)
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1)
    centre = (weight * conditions.y).sum(axis=1, keepdims=True) / total
    x = torch.from_numpy(conditions.x).float()
    y = torch.from_numpy(conditions.y - centre).float()
    looks = train_copies(conditions.data, x, y, torch.from_numpy(weight).float(), x, settings)
    return looks.numpy() + centre


def _drawn_groups(
    conditions: Conditions, allowed: Bool[Array, " conditions"], fraction: float, seed: int
) -> Bool[Array, " conditions"]:
    """A random share of the allowed conditions, in whole groups in which something was measured."""
    measured = np.unique(conditions.group[allowed & conditions.count.any(axis=1)])
    groups = np.random.default_rng(seed).permutation(measured)
    return np.isin(conditions.group, groups[: max(1, round(fraction * len(groups)))])


def _mean_squared_error(
    looks: Float[Array, "looks copies conditions outputs"],
    conditions: Conditions,
    judged: Bool[Array, "copies conditions"],
) -> Float[Array, "looks copies"]:
    weight = judged[:, :, None] * conditions.count
    return (np.square(looks - conditions.y) * weight).sum(axis=(2, 3)) / weight.sum(axis=(1, 2))
