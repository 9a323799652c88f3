"""How well are responses predicted to conditions that were never seen? GSNNs beside linear models and a forest."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError
from edgelab.jobs.response_predictors import PREDICTORS, Conditions, EnsembleSettings
from edgelab.tasks import perturbation_task
from edgelab.typing import Array, Float, Int

AVERAGED = {"gsnn_and_pairs": ("gsnn", "ridge_pairs")}
"""Predictions that are the mean of two others', by name: where the network explains a part only, each has its own."""

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
        records: One row per predictor: `dataset, predictor, r2, low, high, gsnn_gain, gain_low, gain_high,
            n_conditions, seconds`. R² is pooled over all samples and outputs, each output scaled to standard deviation
            1. `gsnn_gain` is how much higher the R² of the GSNN is. Intervals: 95 %, conditions drawn with replacement.
        predictions: By predictor, one row per condition and one column per output, in units of the data.
    """

    records: pd.DataFrame
    predictions: dict[str, pd.DataFrame]


def predict_responses(
    dataset: Dataset,
    predictors: Sequence[str] | None = None,
    *,
    n_folds: int | None = None,
    settings: EnsembleSettings | None = None,
) -> ResponsePrediction:
    """Hide conditions, predict their responses from the others, and compare.

    A condition is a distinct row of `x`: its replicates are hidden together.

    Args:
        dataset: Prior network, what was done, and what was measured.
        predictors: Names in `PREDICTORS` or `AVERAGED`; None takes all.
        n_folds: How many groups the conditions are hidden in; None hides each by itself.
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
    task = perturbation_task(in_sample_order(dataset))
    x, y = task.x.double().numpy(), task.y.double().numpy()
    mean, scale = y.mean(axis=0), y.std(axis=0)
    scaled = (y - mean) / np.where(scale > 0, scale, 1.0)
    distinct, of_sample = np.unique(x, axis=0, return_inverse=True)
    of_sample = of_sample.ravel()
    count = np.bincount(of_sample)
    average = np.stack([np.bincount(of_sample, column) / count for column in scaled.T], axis=1)
    conditions = Conditions(
        data=task.data, x=distinct, y=average, count=count, fold=_folds(len(distinct), n_folds, settings)
    )
    predicted, seconds = _predict(conditions, names, settings or EnsembleSettings())
    within = np.square(scaled - average[of_sample]).sum()
    frames = {
        name: pd.DataFrame(values * scale + mean, columns=task.data["output"].node_names)
        for name, values in predicted.items()
    }
    records = [
        {"dataset": dataset.name, "predictor": name}
        | _judge(conditions, predicted, name, within)
        | {"n_conditions": len(distinct), "seconds": seconds[name]}
        for name in names
    ]
    return ResponsePrediction(records=pd.DataFrame(records), predictions={name: frames[name] for name in names})


def _folds(n_conditions: int, n_folds: int | None, settings: EnsembleSettings | None) -> Int[Array, " conditions"]:
    wanted = n_conditions if n_folds is None else n_folds
    if not 3 <= wanted <= n_conditions:
        raise ConfigError(
            f"{n_conditions} conditions cannot be hidden in {wanted} groups; from 3 groups to one per condition are "
            "possible. A condition is a distinct row of x."
        )
    seed = (settings or EnsembleSettings()).copies.seed
    return np.random.default_rng(seed).permutation(np.arange(n_conditions) % wanted)


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
    conditions: Conditions, predicted: dict[str, Float[Array, "conditions outputs"]], name: str, within: float
) -> dict[str, float]:
    """R² of a predictor, the GSNN's gain over it, and their intervals."""

    def errors(one: str) -> Float[Array, " conditions"]:
        return np.square(predicted[one] - conditions.y).sum(axis=1) * conditions.count

    total = np.square(conditions.y).sum(axis=1) * conditions.count
    # What replicates differ among themselves is the same for every predictor; each condition gets its share of it.
    spread = within * conditions.count / conditions.count.sum()
    draws = np.random.default_rng(0).integers(len(total), size=(_BOOTSTRAPS, len(total)))

    def r2(rows: Int[Array, "draws conditions"], error: Float[Array, " conditions"]) -> Float[Array, " draws"]:
        return 1 - (error + spread)[rows].sum(axis=1) / (total + spread)[rows].sum(axis=1)

    every = np.arange(len(total))[None]
    found = {"r2": float(r2(every, errors(name))[0])}
    found["low"], found["high"] = np.quantile(r2(draws, errors(name)), [0.025, 0.975]).tolist()
    if "gsnn" not in predicted:
        return found
    found["gsnn_gain"] = float(r2(every, errors("gsnn"))[0]) - found["r2"]
    gains = r2(draws, errors("gsnn")) - r2(draws, errors(name))
    found["gain_low"], found["gain_high"] = np.quantile(gains, [0.025, 0.975]).tolist()
    return found
