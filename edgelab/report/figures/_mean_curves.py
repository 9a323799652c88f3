"""Curves of a ranking, receiver operating characteristic and precision-recall, averaged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from edgelab.errors import TableError
from edgelab.evaluation import average_precision, roc_auc, score_levels
from edgelab.typing import Array, Bool, Float

# Scores of the candidates of one hold-out (NaN: not estimable), and which are held-out edges.
Recovery = tuple[Float[Array, " _"], Bool[Array, " _"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanCurve:
    """A curve averaged over hold-outs at equal positions on the horizontal axis."""

    # Increasing; a position may come twice, where the curve jumps.
    x: Float[Array, " points"]
    mean: Float[Array, " points"]
    # Zero for a single curve.
    sd: Float[Array, " points"]
    # Under each single curve.
    areas: tuple[float, ...]


def check_recoveries(recoveries: Sequence[Recovery], name: str) -> None:
    """Refuse hold-outs of a scorer from which no curve can be drawn."""
    if not len(recoveries):
        raise TableError(f"{name!r} has no hold-outs; give at least one pair (scores, is_positive)")
    for position, (score, is_positive) in enumerate(recoveries):
        if score.shape != is_positive.shape:
            raise TableError(
                f"{name!r}, hold-out {position}: {score.size} scores but {is_positive.size} marks; "
                "give one mark each"
            )
        n_positives = int(np.count_nonzero(is_positive))
        if not 0 < n_positives < score.size:
            raise TableError(
                f"{name!r}, hold-out {position}: of {score.size} candidates {n_positives} are "
                "held-out edges; a curve needs both kinds"
            )


def mean_roc(recoveries: Sequence[Recovery]) -> MeanCurve:
    """True over false positive rate, averaged vertically."""
    # The area under the mean is the mean of the areas, exactly: where a single curve jumps, both
    # its lower and its upper end are points of the mean.
    curves = [roc_curve(is_positive, score_levels(score))[:2] for score, is_positive in recoveries]
    grid = np.unique(np.concatenate([false_rate for false_rate, _ in curves]))
    heights = np.stack(
        [_both_ends(grid, false_rate, true_rate) for false_rate, true_rate in curves]
    )
    areas = tuple(roc_auc(*recovery) for recovery in recoveries)
    return _averaged(np.repeat(grid, 2), heights, areas)


def mean_precision_recall(recoveries: Sequence[Recovery]) -> MeanCurve:
    """Precision over recall as steps, averaged vertically."""
    # Each step is as high as the precision at its right end, so that the area is the average
    # precision, exactly.
    steps = [_recall_steps(*recovery) for recovery in recoveries]
    ends = np.unique(np.concatenate([recall for recall, _ in steps]))
    heights = np.stack([precision[np.searchsorted(recall, ends)] for recall, precision in steps])
    x = np.repeat(np.concatenate([[0.0], ends]), 2)[1:-1]
    areas = tuple(average_precision(*recovery) for recovery in recoveries)
    return _averaged(x, np.repeat(heights, 2, axis=1), areas)


def _both_ends(
    grid: Float[Array, " grid"], x: Float[Array, " points"], y: Float[Array, " points"]
) -> Float[Array, " doubled"]:
    # np.interp takes the last of several points at one x, which is the upper end; mirrored it takes
    # the lower end.
    upper = np.interp(grid, x, y)
    lower = np.interp(-grid, -x[::-1], y[::-1])
    return np.stack([lower, upper], axis=1).reshape(-1)


def _recall_steps(
    score: Float[Array, " candidates"], is_positive: Bool[Array, " candidates"]
) -> tuple[Float[Array, " steps"], Float[Array, " steps"]]:
    precision, recall, _ = precision_recall_curve(is_positive, score_levels(score))
    # From the best candidates on; of several thresholds with one recall the first has no false
    # positives yet to add.
    recall = recall[-2::-1]
    precision = precision[-2::-1]
    recall, first = np.unique(recall, return_index=True)
    is_step = recall > 0
    return recall[is_step], precision[first][is_step]


def _averaged(
    x: Float[Array, " points"], heights: Float[Array, "curves points"], areas: tuple[float, ...]
) -> MeanCurve:
    sd = heights.std(axis=0, ddof=1) if len(heights) > 1 else np.zeros_like(x)
    return MeanCurve(x=x, mean=heights.mean(axis=0), sd=sd, areas=areas)
