"""What was measured under each condition, on a common scale, and what is hidden together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError
from edgelab.screens import distinct_settings, input_values
from edgelab.tasks import perturbation_task
from edgelab.typing import Array, Bool, Float, Int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """What was measured under each condition, and which conditions are hidden together."""

    data: HeteroData
    # What was done: distinct rows, in ascending order.
    x: Float[Array, "conditions inputs"]
    # Mean responses, each output with mean 0 and standard deviation 1 over the samples; 0 where
    # nothing was measured.
    y: Float[Array, "conditions outputs"]
    # How many samples each mean is of; entries with 0 teach nothing.
    count: Int[Array, "conditions outputs"]
    # Which rows are one condition in the user's sense, and never on both sides of a split: 0, 1, …
    group: Int[Array, " conditions"]
    # Groups of one fold are predicted from those of the others.
    fold: Int[Array, " conditions"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AveragedConditions:
    """Conditions, and what it takes to judge predictions of them and to give these in units."""

    conditions: Conditions
    # Squared deviations of samples from the mean of their row, summed over all that was measured.
    within: float
    # Of each output over the samples, in units of the data.
    mean: Float[Array, " outputs"]
    sd: Float[Array, " outputs"]

    @property
    def n_groups(self) -> int:
        """How many conditions there are."""
        return int(self.conditions.group.max()) + 1

    def in_units(self, predicted: Float[Array, "conditions outputs"]) -> pd.DataFrame:
        """Predictions in units of the data, one column per output."""
        return pd.DataFrame(
            predicted * self.sd + self.mean, columns=self.conditions.data["output"].node_names
        )


def average_by_condition(
    dataset: Dataset,
    # None hides each condition by itself.
    n_folds: int | None = None,
    # Decides which conditions share a fold.
    seed: int = 0,
    *,
    # Whether a condition is all that the data set calls one, such as a treatment in all cell lines,
    # instead of a distinct row of x.
    whole_conditions: bool = False,
) -> AveragedConditions:
    """Scale the responses and average replicates, over what was measured."""
    ordered = in_sample_order(dataset)
    task = perturbation_task(ordered)
    y = task.y.double().numpy()
    measured = _measured(ordered, task.data["output"].node_names)
    mean = np.average(y, axis=0, weights=measured)
    sd = np.sqrt(np.average(np.square(y - mean), axis=0, weights=measured))
    scaled = np.where(measured, (y - mean) / np.where(sd > 0, sd, 1.0), 0.0)
    distinct, row = distinct_settings(input_values(task))
    count = _sums(measured, row).astype(int)
    average = _sums(scaled, row) / np.maximum(count, 1)
    condition = pd.factorize(ordered.condition)[0] if whole_conditions else row
    group = _hidden_together(row, condition)
    fold = _folds(int(group.max()) + 1, n_folds, seed)[group]
    return AveragedConditions(
        conditions=Conditions(
            data=task.data, x=distinct, y=average, count=count, group=group, fold=fold
        ),
        within=float(np.square(scaled - average[row])[measured].sum()),
        mean=mean,
        sd=sd,
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
    """A number per row of x, the same for rows that share a condition, if only through others."""
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
            f"{n_conditions} conditions cannot be hidden in {wanted} groups; from 3 groups to one "
            "per condition are possible. A condition is a distinct row of x, or with "
            "whole_conditions what the data set calls one."
        )
    return np.random.default_rng(seed).permutation(np.arange(n_conditions) % wanted)
