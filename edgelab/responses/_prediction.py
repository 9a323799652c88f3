"""How well are responses predicted to conditions that were never seen? GSNNs beside linear models
and a forest.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset
from edgelab.typing import Array, Float, Int

from ._conditions import AskedConditions, Conditions, average_by_condition
from ._predictors import PREDICTORS, EnsembleSettings

AVERAGED = {"gsnn_and_pairs": ("gsnn", "ridge_pairs")}
"""Predictions that are the mean of two others', by name: where the network explains a part only,
each has its own.
"""

PREDICTOR_LABELS = {
    "ridge": "ridge",
    "ridge_pairs": "ridge with pairs",
    "random_forest": "random forest",
    "gsnn": "GSNN",
    "gsnn_and_pairs": "GSNN and ridge with pairs, averaged",
}
"""What tables and figures call a predictor."""

_BOOTSTRAPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponsePrediction:
    """How well each predictor foresaw the hidden conditions of a data set.

    Attributes:
        records: One row per predictor: `dataset, predictor, r2, low, high, gsnn_gain, gain_low,
            gain_high, n_conditions, seconds`. R² is pooled over all samples and outputs, each
            output scaled to standard deviation 1. `gsnn_gain` is how much higher the R² of the GSNN
            is. Intervals: 95 %, conditions drawn with replacement.
        predictions: By predictor, one row per distinct row of `x`, in ascending order, and one
            column per output, in units of the data.
    """

    records: pd.DataFrame
    predictions: dict[str, pd.DataFrame]


def predict_responses(
    dataset: Dataset,
    predictors: Sequence[str] | None = None,
    *,
    n_folds: int | None = None,
    whole_conditions: bool = False,
    settings: EnsembleSettings | None = None,
) -> ResponsePrediction:
    """Hide conditions, predict their responses from the others, and compare.

    A condition is a distinct row of `x`: its replicates are hidden together. Cells of `y` that were
    not measured count neither in training nor in R².

    Args:
        dataset: Prior network, what was done, and what was measured.
        predictors: Names in `PREDICTORS` or `AVERAGED`; None takes all.
        n_folds: How many groups the conditions are hidden in; None hides each by itself.
        whole_conditions: Whether all samples that the data set gives one condition are hidden
            together, also where their `x` differs, such as a treatment in all cell lines.
        settings: How the GSNNs are made.

    Returns:
        R² and predictions.

    Raises:
        ConfigError: If a predictor is unknown, or there are fewer than three conditions or folds.

    Example:
        >>> from edgelab.datasets import sachs
        >>> found = predict_responses(sachs(), ["ridge", "ridge_pairs"])
        >>> found.records[["predictor", "n_conditions"]].values.tolist()
        [['ridge', 9], ['ridge_pairs', 9]]
    """
    names = list(predictors or [*PREDICTORS, *AVERAGED])
    for name in names:
        if name not in AVERAGED:
            PREDICTORS[name]
    settings = settings or EnsembleSettings()
    asked = average_by_condition(
        dataset, n_folds, settings.copies.seed, whole_conditions=whole_conditions
    )
    predicted, seconds = _predict(asked.conditions, names, settings)
    records = [
        {"dataset": dataset.name, "predictor": name}
        | _judge(asked, predicted, name)
        | {"n_conditions": asked.n_groups, "seconds": seconds[name]}
        for name in names
    ]
    return ResponsePrediction(
        records=pd.DataFrame(records),
        predictions={name: asked.in_units(predicted[name]) for name in names},
    )


def _predict(
    conditions: Conditions, names: Sequence[str], settings: EnsembleSettings
) -> tuple[dict[str, Float[Array, "conditions outputs"]], dict[str, float]]:
    predicted, seconds = {}, {}
    needed = [part for name in names for part in AVERAGED.get(name, (name,))]
    for name in dict.fromkeys(needed):
        started = time.perf_counter()
        predicted[name] = PREDICTORS[name](conditions, settings)
        seconds[name] = time.perf_counter() - started
    for name in names:
        if name in AVERAGED:
            predicted[name] = np.mean([predicted[part] for part in AVERAGED[name]], axis=0)
            seconds[name] = sum(seconds[part] for part in AVERAGED[name])
    return predicted, seconds


def _judge(
    asked: AskedConditions, predicted: dict[str, Float[Array, "conditions outputs"]], name: str
) -> dict[str, float]:
    """R² of a predictor, the GSNN's gain over it, and their intervals."""
    conditions, group = asked.conditions, asked.conditions.group

    def errors(one: Float[Array, "conditions outputs"]) -> Float[Array, " groups"]:
        return np.bincount(group, (np.square(one - conditions.y) * conditions.count).sum(axis=1))

    total = errors(np.zeros_like(conditions.y))
    # What replicates differ among themselves is the same for every predictor; each group gets its
    # share of it.
    spread = (
        asked.within * np.bincount(group, conditions.count.sum(axis=1)) / conditions.count.sum()
    )
    draws = np.random.default_rng(0).integers(len(total), size=(_BOOTSTRAPS, len(total)))

    def r2(
        rows: Int[Array, "draws groups"], error: Float[Array, " groups"]
    ) -> Float[Array, " draws"]:
        return 1 - (error + spread)[rows].sum(axis=1) / (total + spread)[rows].sum(axis=1)

    every = np.arange(len(total))[None]
    found = {"r2": float(r2(every, errors(predicted[name]))[0])}
    found["low"], found["high"] = np.quantile(
        r2(draws, errors(predicted[name])), [0.025, 0.975]
    ).tolist()
    if "gsnn" not in predicted:
        return found
    found["gsnn_gain"] = float(r2(every, errors(predicted["gsnn"]))[0]) - found["r2"]
    gains = r2(draws, errors(predicted["gsnn"])) - r2(draws, errors(predicted[name]))
    found["gain_low"], found["gain_high"] = np.quantile(gains, [0.025, 0.975]).tolist()
    return found
