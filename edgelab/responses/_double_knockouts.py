"""Double knockouts predicted from single ones: by sums of effects, and by GSNNs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from edgelab.datasets import Dataset, in_sample_order, threads_by_size
from edgelab.errors import DataError
from edgelab.graphs import INPUT_EDGES, OUTPUT_EDGES
from edgelab.screens import mean_shifts, one_at_a_time
from edgelab.tasks import Task, perturbation_task
from edgelab.typing import Array, Bool, Float

from ._copies import CopySettings, train_copies
from ._ensemble import EnsembleSettings

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
class DoubleKnockoutPrediction:
    """How well double knockouts were foreseen.

    Attributes:
        records: One row per predictor: `dataset, predictor, mse, r, n_pairs`; `mse` in units of the
            data, `r` the correlation with what was measured, over all pairs and outputs.
        predictions: By predictor, one row per pair and one column per output.
    """

    records: pd.DataFrame
    predictions: dict[str, pd.DataFrame]


@threads_by_size
def predict_double_knockouts(
    single: Dataset, double: Dataset, *, settings: EnsembleSettings | None = None
) -> DoubleKnockoutPrediction:
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
        >>> from edgelab.datasets import simulate
        >>> network = {
        ...     "edges": [("a", "c"), ("b", "c")],
        ...     "input_edges": [("no a", "a"), ("no b", "b")],
        ...     "output_edges": [("a", "a"), ("b", "b"), ("c", "c")],
        ... }
        >>> inputs = ["no a", "no b"]
        >>> single = simulate(**network, x=pd.DataFrame([(0, 0), (1, 0), (0, 1)], columns=inputs))
        >>> double = simulate(**network, x=pd.DataFrame([(1, 1)], columns=inputs))
        >>> predict_double_knockouts(single, double).records["n_pairs"].unique().tolist()
        [1]
    """
    known = perturbation_task(in_sample_order(single))
    asked = perturbation_task(double)
    x = known.x.double().numpy()
    y = known.y.double().numpy()
    new_x = asked.x.double().numpy()
    new_y = asked.y.double().numpy()
    _check_doses(x, new_x)
    usual = np.median(y, axis=0)
    # Knockouts alone (dose 1): half a dose may have less than half the effect. What has none by
    # itself is in no double knockout.
    effect = np.nan_to_num(mean_shifts((x == 1).astype(float), y, usual))
    clear = np.where(np.abs(effect) > _CLEAR * effect.std(axis=0), effect, 0.0)
    silent = _silent(known, new_x)
    sums = usual + new_x @ clear
    by_gsnn = usual + _predict_by_gsnns(known, y - usual, new_x, settings or dual_settings())
    predicted = {
        "wildtype": np.broadcast_to(usual, new_y.shape),
        "additive": usual + new_x @ effect,
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
    return DoubleKnockoutPrediction(
        records=pd.DataFrame(records),
        predictions={
            name: pd.DataFrame(values, columns=names) for name, values in predicted.items()
        },
    )


def _check_doses(
    x: Float[Array, "samples inputs"], new_x: Float[Array, "new_samples inputs"]
) -> None:
    is_knockout = new_x == 1
    if not (one_at_a_time(x) and (is_knockout == (new_x != 0)).all()):
        raise DataError(
            "single knockouts must have at most one input on, and double ones inputs of 1 and 0 "
            "only; check the doses"
        )
    lacking = np.flatnonzero(is_knockout.any(axis=0) & ~(x == 1).any(axis=0))
    if lacking.size:
        raise DataError(
            f"{lacking.size} inputs of double knockouts were never knocked out by themselves, the "
            f"first in column {lacking[0]}. Leave these pairs out."
        )


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


def _predict_by_gsnns(
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
    """Over all pairs and outputs; NaN where one of the two is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
