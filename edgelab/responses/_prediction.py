"""Responses to hidden conditions, predicted in several ways and judged."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset, threads_by_size
from edgelab.errors import ConfigError
from edgelab.typing import Array, Float, Int

from ._conditions import AveragedConditions, Conditions, average_by_condition
from ._ensemble import EnsembleSettings
from ._predictors import AVERAGES, PREDICTOR_LABELS, PREDICTORS

# Draws of the conditions behind an interval, and its ends.
_BOOTSTRAPS = 1000
_INTERVAL = (0.025, 0.975)


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


@threads_by_size
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
        predictors: Names in `PREDICTOR_LABELS`, at least one; None takes all.
        n_folds: How many groups the conditions are hidden in; None hides each by itself.
        whole_conditions: Whether all samples that the data set gives one condition are hidden
            together, also where their `x` differs, such as a treatment in all cell lines.
        settings: How the GSNNs are made.

    Returns:
        R² and predictions.

    Raises:
        ConfigError: If a predictor is unknown, there is none, or there are fewer than three
            conditions or folds.

    Example:
        >>> from edgelab.datasets import sachs
        >>> prediction = predict_responses(sachs(), ["ridge", "ridge_pairs"])
        >>> prediction.records[["predictor", "n_conditions"]].values.tolist()
        [['ridge', 9], ['ridge_pairs', 9]]
    """
    names = _chosen(predictors)
    settings = settings or EnsembleSettings()
    averaged = average_by_condition(
        dataset, n_folds, settings.copies.seed, whole_conditions=whole_conditions
    )
    predicted, seconds = _predict(averaged.conditions, names, settings)
    records = [
        {"dataset": dataset.name, "predictor": name}
        | _judge(averaged, predicted, name)
        | {"n_conditions": averaged.n_groups, "seconds": seconds[name]}
        for name in names
    ]
    return ResponsePrediction(
        records=pd.DataFrame(records),
        predictions={name: averaged.in_units(predicted[name]) for name in names},
    )


def _chosen(predictors: Sequence[str] | None) -> list[str]:
    if predictors is None:
        return list(PREDICTOR_LABELS)
    names = list(predictors)
    if not names:
        raise ConfigError("predictors is empty; name at least one, or pass None for all")
    for name in names:
        if name not in AVERAGES:
            PREDICTORS[name]  # a misspelt name ends here, and not after minutes of training
    return names


def _predict(
    conditions: Conditions, names: Sequence[str], settings: EnsembleSettings
) -> tuple[dict[str, Float[Array, "conditions outputs"]], dict[str, float]]:
    """Predictions by name, parts of averages among them, and the seconds that each took."""
    averages = {name: AVERAGES[name].parts for name in names if name in AVERAGES}
    single = [name for name in names if name not in averages]
    predicted = {}
    seconds = {}
    for name in dict.fromkeys(chain(single, *averages.values())):
        started = time.perf_counter()
        predicted[name] = PREDICTORS[name].predict(conditions, settings)
        seconds[name] = time.perf_counter() - started
    for name, parts in averages.items():
        predicted[name] = np.mean([predicted[part] for part in parts], axis=0)
        seconds[name] = sum(seconds[part] for part in parts)
    return predicted, seconds


def _judge(
    averaged: AveragedConditions,
    predicted: dict[str, Float[Array, "conditions outputs"]],
    name: str,
) -> dict[str, float]:
    """R² of a predictor, the GSNN's gain over it, and their intervals."""
    total = _unexplained(averaged, np.zeros_like(averaged.conditions.y))
    # The same draws for all predictors, so that gains are differences within a draw.
    draws = np.random.default_rng(0).integers(len(total), size=(_BOOTSTRAPS, len(total)))
    every = np.arange(len(total))[None]

    def r2(predictor: str, rows: Int[Array, "draws groups"]) -> Float[Array, " draws"]:
        error = _unexplained(averaged, predicted[predictor])
        return 1 - error[rows].sum(axis=1) / total[rows].sum(axis=1)

    low, high = np.quantile(r2(name, draws), _INTERVAL).tolist()
    judged = {"r2": float(r2(name, every)[0]), "low": low, "high": high}
    if "gsnn" not in predicted:
        return judged
    judged["gsnn_gain"] = float(r2("gsnn", every)[0]) - judged["r2"]
    gains = r2("gsnn", draws) - r2(name, draws)
    judged["gain_low"], judged["gain_high"] = np.quantile(gains, _INTERVAL).tolist()
    return judged


def _unexplained(
    averaged: AveragedConditions, predicted: Float[Array, "conditions outputs"]
) -> Float[Array, " groups"]:
    """Squared errors of predictions, summed over the samples of each condition."""
    conditions = averaged.conditions
    error = (np.square(predicted - conditions.y) * conditions.count).sum(axis=1)
    # What replicates differ among themselves is the same for every predictor; each group gets its
    # share of it.
    measured = np.bincount(conditions.group, conditions.count.sum(axis=1))
    return np.bincount(conditions.group, error) + averaged.within * measured / measured.sum()
