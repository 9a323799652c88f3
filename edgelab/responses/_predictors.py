"""Ways to predict the response to a condition that was never seen: linear models, a forest, and
GSNNs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from edgelab.errors import ConfigError
from edgelab.ops import spread
from edgelab.registry import Registry
from edgelab.typing import Array, Bool, Float, Int

from ._conditions import Conditions
from ._copies import CopySettings, train_copies

# Folds whose copies are trained as one; more need more memory and are hardly faster.
_FOLDS_AT_ONCE = 8
_PENALTIES = np.logspace(-2, 2, 9)
_TREES = 100


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
        if not (isinstance(self.members, int) and self.members > 0):
            raise ConfigError(f"members must be a positive integer, got {self.members!r}")
        if not 0 < self.inner_fraction < 1:
            raise ConfigError(f"inner_fraction must lie in (0, 1), got {self.inner_fraction!r}")


Predictor = Callable[[Conditions, EnsembleSettings], Float[Array, "conditions outputs"]]
"""From conditions to the prediction of each one from the other folds."""

PREDICTORS: Registry[Predictor] = Registry("predictor")
"""Predictors by name; `"gsnn"` is the only one that looks at the network or the settings."""


def _fold_by_fold(make_model: Callable[[], Any]) -> Predictor:
    def predict(
        conditions: Conditions, settings: EnsembleSettings
    ) -> Float[Array, "conditions outputs"]:
        predicted = np.empty_like(conditions.y)
        for fold in np.unique(conditions.fold):
            hidden = conditions.fold == fold
            for outputs in _measured_alike(conditions.count[~hidden]):
                predicted[np.ix_(hidden, outputs)] = _predict_outputs(
                    make_model(), conditions, hidden, outputs
                )
        return predicted

    return predict


def _measured_alike(count: Int[Array, "conditions outputs"]) -> list[Int[Array, " _"]]:
    """Groups of outputs with the same counts: one model explains each, without a word about what is
    missing.
    """
    _, group = np.unique(count, axis=1, return_inverse=True)
    group = group.ravel()
    return [np.flatnonzero(group == one) for one in range(group.max() + 1)]


def _predict_outputs(
    model: Any,
    conditions: Conditions,
    hidden: Bool[Array, " conditions"],
    outputs: Int[Array, " some"],
) -> Float[Array, "hidden some"]:
    """Prediction of a few outputs that were measured in the same conditions, from those that are
    not hidden.
    """
    count = conditions.count[:, outputs[0]]
    known = ~hidden & (count > 0)
    if known.sum() < 2:
        return np.zeros((hidden.sum(), len(outputs)))
    y = conditions.y[np.ix_(known, outputs)]
    model.fit(
        conditions.x[known], y[:, 0] if len(outputs) == 1 else y, **_weights(model, count[known])
    )
    return model.predict(conditions.x[hidden]).reshape(-1, len(outputs))


def _weights(model: Any, count: Int[Array, " conditions"]) -> dict[str, np.ndarray]:
    last = getattr(model, "steps", [("", model)])[-1][0]
    return {f"{last}__sample_weight" if last else "sample_weight": count.astype(float)}


def _forest() -> RandomForestRegressor:
    return RandomForestRegressor(_TREES, random_state=0)


PREDICTORS.register("ridge")(_fold_by_fold(lambda: RidgeCV(_PENALTIES)))
PREDICTORS.register("ridge_pairs")(
    _fold_by_fold(
        lambda: make_pipeline(
            PolynomialFeatures(2, interaction_only=True, include_bias=False), RidgeCV(_PENALTIES)
        )
    )
)
PREDICTORS.register("random_forest")(_fold_by_fold(_forest))


@PREDICTORS.register("gsnn")
def predict_by_gsnn(
    conditions: Conditions, settings: EnsembleSettings
) -> Float[Array, "conditions outputs"]:
    """Predict each fold by GSNNs that were trained on the others, wired like the prior network.

    Every member leaves out some more conditions. How long to train is decided for each fold by the
    error on these, averaged over its members; the hidden fold has no part in it.

    Args:
        conditions: The measurements.
        settings: How the members are made.

    Returns:
        Mean prediction of the members.

    Raises:
        ConfigError: If there are fewer than three folds.
    """
    folds = np.unique(conditions.fold)
    if len(folds) < 3:
        raise ConfigError(
            f"{len(folds)} folds are too few to hide one, stop by another and train on the rest; use 3"
        )
    blocks = [
        folds[start : start + _FOLDS_AT_ONCE] for start in range(0, len(folds), _FOLDS_AT_ONCE)
    ]
    parts = spread(
        partial(_predict_block, conditions, settings), blocks, settings.n_processes, "GSNNs"
    )
    predicted = np.empty_like(conditions.y)
    for block, part in zip(blocks, parts, strict=True):
        hidden = np.isin(conditions.fold, block)
        predicted[hidden] = part[hidden]
    return predicted


def _predict_block(
    conditions: Conditions, settings: EnsembleSettings, block: Int[Array, " folds"]
) -> Float[Array, "conditions outputs"]:
    """Predictions of the conditions in a few folds; other rows are NaN."""
    looks, left_out = _train_block(conditions, block, settings)
    error = _left_out_error(looks, conditions, left_out)
    predicted = np.full_like(conditions.y, np.nan)
    for place, fold in enumerate(block):
        members = slice(place * settings.members, (place + 1) * settings.members)
        best = int(error[:, members].mean(axis=1).argmin())
        hidden = conditions.fold == fold
        predicted[hidden] = looks[best, members][:, hidden].mean(axis=0)
    return predicted


def _train_block(
    conditions: Conditions, block: Int[Array, " folds"], settings: EnsembleSettings
) -> tuple[Float[Array, "looks copies conditions outputs"], Bool[Array, "copies conditions"]]:
    """Train the members of a few folds; returns all their predictions and which conditions each
    left out to stop.
    """
    hidden = np.repeat([conditions.fold == fold for fold in block], settings.members, axis=0)
    left_out = np.stack(
        [
            _draw(
                conditions,
                ~hidden[copy],
                settings.inner_fraction,
                (settings.copies.seed, int(block[0]), copy),
            )
            for copy in range(len(hidden))
        ]
    )
    weight = (~hidden & ~left_out)[:, :, None] * conditions.count.astype(float)
    centre = (weight * conditions.y).sum(axis=1, keepdims=True) / np.maximum(
        weight.sum(axis=1, keepdims=True), 1
    )
    x, y = (torch.from_numpy(values).float() for values in (conditions.x, conditions.y - centre))
    seeded = replace(settings.copies, seed=settings.copies.seed + int(block[0]))
    weight = torch.from_numpy(weight).float()
    return train_copies(conditions.data, x, y, weight, x, seeded).numpy() + centre, left_out


def _draw(
    conditions: Conditions,
    allowed: Bool[Array, " conditions"],
    fraction: float,
    seed: tuple[int, ...],
) -> Bool[Array, " conditions"]:
    """Choose whole groups of the allowed conditions in which something was measured."""
    groups = np.random.default_rng(seed).permutation(
        np.unique(conditions.group[allowed & conditions.count.any(axis=1)])
    )
    return np.isin(conditions.group, groups[: max(1, round(fraction * len(groups)))])


def _left_out_error(
    looks: Float[Array, "looks copies conditions outputs"],
    conditions: Conditions,
    left_out: Bool[Array, "copies conditions"],
) -> Float[Array, "looks copies"]:
    weight = left_out[:, :, None] * conditions.count
    return (np.square(looks - conditions.y) * weight).sum(axis=(2, 3)) / weight.sum(axis=(1, 2))
