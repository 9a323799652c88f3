"""What was measured under each condition, on a common scale, and which conditions are hidden
together.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError
from edgelab.tasks import perturbation_task
from edgelab.typing import Array, Bool, Float, Int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """What was measured under each condition, and which conditions are hidden together.

    Attributes:
        data: The prior network.
        x: What was done, conditions × inputs.
        y: The mean response, conditions × outputs, each output with mean 0 and standard deviation 1
            over the samples; 0 where nothing was measured.
        count: How many samples each mean is of; 0 where nothing was measured, and such entries
            teach nothing.
        group: Which rows are one condition in the user's sense, and never on both sides of a split:
            0, 1, …
        fold: Groups of one fold are predicted from those of the others.
    """

    data: HeteroData
    x: Float[Array, "conditions inputs"]
    y: Float[Array, "conditions outputs"]
    count: Int[Array, "conditions outputs"]
    group: Int[Array, " conditions"]
    fold: Int[Array, " conditions"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AskedConditions:
    """Conditions that are to be predicted, and what is needed to judge the predictions.

    Attributes:
        conditions: One row per distinct row of the data set's `x`.
        within: Squared deviations of samples from the mean of their row, summed over all that was
            measured.
        mean: Of each output, in units of the data.
        scale: Standard deviation of each output.
    """

    conditions: Conditions
    within: float
    mean: Float[Array, " outputs"]
    scale: Float[Array, " outputs"]

    @property
    def n_groups(self) -> int:
        """How many conditions there are."""
        return int(self.conditions.group.max()) + 1

    def in_units(self, predicted: Float[Array, "conditions outputs"]) -> pd.DataFrame:
        """Return predictions in units of the data.

        Args:
            predicted: On the scale of `conditions.y`.

        Returns:
            One column per output.
        """
        return pd.DataFrame(
            predicted * self.scale + self.mean, columns=self.conditions.data["output"].node_names
        )


def average_by_condition(
    dataset: Dataset, n_folds: int | None = None, seed: int = 0, *, whole_conditions: bool = False
) -> AskedConditions:
    """Scale the responses and average replicates, over what was measured.

    Args:
        dataset: Samples in any order.
        n_folds: How many groups the conditions are hidden in; None hides each by itself.
        seed: Decides which conditions share a fold.
        whole_conditions: Whether a condition is all that the data set calls one, such as a
            treatment in all cell lines, instead of a distinct row of `x`. Samples with one row of
            `x` are hidden together in both cases.

    Returns:
        Distinct rows of `x` in ascending order, and their mean responses.

    Raises:
        ConfigError: If there are fewer than three folds, or fewer conditions than folds.

    Example:
        >>> from edgelab.datasets import sachs
        >>> asked = average_by_condition(sachs())
        >>> asked.n_groups, asked.conditions.y.shape, int(asked.conditions.count.sum())
        (9, (9, 11), 82126)
    """
    ordered = in_sample_order(dataset)
    task = perturbation_task(ordered)
    y, measured = task.y.double().numpy(), _measured(ordered, task.data["output"].node_names)
    mean = np.average(y, axis=0, weights=measured)
    scale = np.sqrt(np.average(np.square(y - mean), axis=0, weights=measured))
    scaled = np.where(measured, (y - mean) / np.where(scale > 0, scale, 1.0), 0.0)
    distinct, row = np.unique(task.x.double().numpy(), axis=0, return_inverse=True)
    row = row.ravel()
    count = _sums(measured, row).astype(int)
    average = _sums(scaled, row) / np.maximum(count, 1)
    group = _hidden_together(row, pd.factorize(ordered.condition)[0] if whole_conditions else row)
    fold = _folds(int(group.max()) + 1, n_folds, seed)[group]
    return AskedConditions(
        conditions=Conditions(
            data=task.data, x=distinct, y=average, count=count, group=group, fold=fold
        ),
        within=float(np.square(scaled - average[row])[measured].sum()),
        mean=mean,
        scale=scale,
    )


def _measured(dataset: Dataset, outputs: list[str]) -> Bool[Array, "samples outputs"]:
    if dataset.measured is None:
        return np.ones((dataset.n_samples, len(outputs)), dtype=bool)
    return dataset.measured[outputs].to_numpy()


def _sums(
    values: Float[Array, "samples outputs"] | Bool[Array, "samples outputs"],
    group: Int[Array, " samples"],
) -> Float[Array, "groups outputs"]:
    return np.stack([np.bincount(group, column) for column in values.T], axis=1)


def _hidden_together(
    row: Int[Array, " samples"], condition: Int[Array, " samples"]
) -> Int[Array, " rows"]:
    """Number each distinct row of x so that rows that share a condition, directly or through
    others, share a number.
    """
    n_rows = int(row.max()) + 1
    nodes = n_rows + int(condition.max()) + 1
    # int32, since the searches of scipy 1.12 take no int64.
    ends = row.astype(np.int32), (n_rows + condition).astype(np.int32)
    links = coo_array((np.ones(len(row)), ends), shape=(nodes, nodes))
    return connected_components(links, directed=False)[1][:n_rows]


def _folds(n_conditions: int, n_folds: int | None, seed: int) -> Int[Array, " conditions"]:
    wanted = n_conditions if n_folds is None else n_folds
    if not 3 <= wanted <= n_conditions:
        raise ConfigError(
            f"{n_conditions} conditions cannot be hidden in {wanted} groups; from 3 groups to one per condition are "
            "possible. A condition is a distinct row of x, or with whole_conditions what the data set calls one."
        )
    return np.random.default_rng(seed).permutation(np.arange(n_conditions) % wanted)
