"""Foreseeing double knockouts from single ones: does a network know more than the sum of the
effects?
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import DataError
from edgelab.graphs import INPUT_EDGES, OUTPUT_EDGES
from edgelab.screens import mean_shifts
from edgelab.tasks import Task, perturbation_task
from edgelab.typing import Array, Bool, Float

from ._copies import CopySettings, train_copies
from ._predictors import EnsembleSettings

DUAL_LABELS = {
    "wildtype": "median of all samples",
    "additive": "sum of both effects",
    "additive_clear": "sum of both effects above 2 sd",
    "additive_bounded": "the same, bounded",
    "gsnn": "GSNN",
    "gsnn_bounded": "GSNN, bounded",
    "gsnn_and_additive": "GSNN and sum of effects, averaged and bounded",
}
"""What tables call a predictor of double knockouts. Bounded: levels are not below 0, and 0 for what
is knocked out.
"""

# An effect is clear if it exceeds so many standard deviations of all effects on the same output.
_CLEAR = 2.0


def dual_settings() -> EnsembleSettings:
    """How GSNNs are trained on single knockouts.

    A strong pull of the weights towards 0 and few steps: one sample per knockout says nothing of
    how two combine, and a model that follows these samples further makes more of combinations than
    there is.

    Returns:
        Settings that were chosen on two networks of the DREAM4 challenge.

    Example:
        >>> dual_settings().copies.weight_decay
        1.0
    """
    return EnsembleSettings(
        members=4, copies=CopySettings(layers=8, epochs=120, every=120, weight_decay=1.0)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DualPrediction:
    """How well double knockouts were foreseen.

    Attributes:
        records: One row per predictor: `dataset, predictor, mse, r, n_pairs`; `mse` in units of the
            data, `r` the correlation with what was measured, over all pairs and outputs.
        predictions: By predictor, one row per pair and one column per output.
    """

    records: pd.DataFrame
    predictions: dict[str, pd.DataFrame]


def predict_double_knockouts(
    single: Dataset, double: Dataset, *, settings: EnsembleSettings | None = None
) -> DualPrediction:
    """Predict double knockouts from single ones, by sums of effects and by GSNNs.

    Args:
        single: The network and samples with at most one input on; an input of 1 is a knockout of
            the function it acts on. The GSNNs learn from all samples, the sums from the knockouts.
        double: Samples with two inputs at 1; never seen in training.
        settings: How the GSNNs are made; `dual_settings()` if left out. Inner conditions are not
            left out: errors on single knockouts that were left out do not tell when to stop.

    Returns:
        Errors and predictions.

    Raises:
        DataError: If an input of a double knockout was not knocked out by itself, or samples are
            not as described.

    Example:
        >>> from edgelab.responses._double_knockouts import sum_of_effects
        >>> effect = np.array([[-1.0, 0.5], [0.0, -1.0]])
        >>> sum_of_effects(np.ones(2), effect, np.array([[1.0, 1.0]])).tolist()
        [[0.0, 0.5]]
    """
    known, asked = perturbation_task(in_sample_order(single)), perturbation_task(double)
    x, y, new_x, new_y = (
        values.double().numpy() for values in (known.x, known.y, asked.x, asked.y)
    )
    usual = np.median(y, axis=0)
    effect = _effects(x, y - usual, new_x)
    clear = np.where(np.abs(effect) > _CLEAR * effect.std(axis=0), effect, 0.0)
    silent = _silent(known, new_x)
    sums = sum_of_effects(usual, clear, new_x)
    by_gsnn = usual + _predict_by_gsnn(known, y - usual, new_x, settings or dual_settings())
    predicted = {
        "wildtype": np.broadcast_to(usual, new_y.shape),
        "additive": sum_of_effects(usual, effect, new_x),
        "additive_clear": sums,
        "additive_bounded": _bounded(sums, silent),
        "gsnn": by_gsnn,
        "gsnn_bounded": _bounded(by_gsnn, silent),
        "gsnn_and_additive": (_bounded(sums, silent) + _bounded(by_gsnn, silent)) / 2,
    }
    records = [
        {
            "dataset": single.name,
            "predictor": name,
            "mse": float(np.square(values - new_y).mean()),
            "r": _correlation(values, new_y),
            "n_pairs": len(new_y),
        }
        for name, values in predicted.items()
    ]
    names = asked.data["output"].node_names
    return DualPrediction(
        records=pd.DataFrame(records),
        predictions={
            name: pd.DataFrame(values, columns=names) for name, values in predicted.items()
        },
    )


def sum_of_effects(
    usual: Float[Array, " outputs"],
    effect: Float[Array, "inputs outputs"],
    x: Float[Array, "samples inputs"],
) -> Float[Array, "samples outputs"]:
    """What is usual, plus the effect of every input that is on.

    Args:
        usual: Responses without intervention.
        effect: What each input changes by itself.
        x: Which inputs are on (1).

    Returns:
        Predicted responses.

    Example:
        >>> sum_of_effects(np.array([1.0]), np.array([[0.5], [-2.0]]), np.array([[1.0, 1.0], [0.0, 1.0]])).tolist()
        [[-0.5], [-1.0]]
    """
    return usual + x @ effect


def _effects(
    x: Float[Array, "samples inputs"],
    change: Float[Array, "samples outputs"],
    new_x: Float[Array, "new inputs"],
) -> Float[Array, "inputs outputs"]:
    """Mean change under each knockout; 0 for inputs that were never at 1, which double knockouts
    must not contain.
    """
    if ((x != 0).sum(axis=1) > 1).any() or not (
        (new_x == 1).sum(axis=1) == (new_x != 0).sum(axis=1)
    ).all():
        raise DataError(
            "single knockouts must have at most one input on, and double ones inputs of 1 and 0 only; check the doses"
        )
    is_knockout = (x == 1).astype(float)
    times = is_knockout.sum(axis=0)
    lacking = np.flatnonzero((new_x == 1).any(axis=0) & (times == 0))
    if lacking.size:
        raise DataError(
            f"{lacking.size} inputs of double knockouts were never knocked out by themselves, the first in column "
            f"{lacking[0]}. Leave these pairs out."
        )
    return np.nan_to_num(mean_shifts(is_knockout, change, baseline=np.zeros(change.shape[1])))


def _silent(task: Task, x: Float[Array, "samples inputs"]) -> Bool[Array, "samples outputs"]:
    """Outputs that read a function that is knocked out."""
    acts = np.zeros((x.shape[1], task.data["function"].num_nodes))
    reads = np.zeros((task.data["function"].num_nodes, task.y.shape[1]))
    acts[tuple(task.data[INPUT_EDGES].edge_index.cpu().numpy())] = 1.0
    reads[tuple(task.data[OUTPUT_EDGES].edge_index.cpu().numpy())] = 1.0
    return (x == 1).astype(float) @ acts @ reads > 0


def _bounded(
    values: Float[Array, "samples outputs"], silent: Bool[Array, "samples outputs"]
) -> Float[Array, "samples outputs"]:
    return np.where(silent, 0.0, np.maximum(values, 0.0))


def _predict_by_gsnn(
    task: Task,
    change: Float[Array, "samples outputs"],
    new_x: Float[Array, "new inputs"],
    settings: EnsembleSettings,
) -> Float[Array, "new outputs"]:
    # One scale for all outputs, so that noise of quiet ones does not count as much as changes of
    # others.
    scale = change.std()
    target = torch.from_numpy(change / scale).float().expand(settings.members, *change.shape)
    looks = train_copies(
        task.data,
        task.x.float(),
        target,
        torch.ones_like(target),
        torch.from_numpy(new_x).float(),
        settings.copies,
    )
    return looks[-1].double().mean(dim=0).numpy() * scale


def _correlation(
    first: Float[Array, "samples outputs"], second: Float[Array, "samples outputs"]
) -> float:
    """NaN where one of the two is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
