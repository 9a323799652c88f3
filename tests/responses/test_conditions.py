"""Conditions: means over what was measured, and what is hidden together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import connected_components

from edgelab.datasets import sachs
from edgelab.errors import ConfigError
from edgelab.responses import _conditions
from edgelab.responses._conditions import average_by_condition
from edgelab.tasks import perturbation_task


def test_conditions_of_sachs_by_hand():
    averaged = average_by_condition(sachs())
    assert averaged.n_groups == 9 and averaged.conditions.y.shape == (9, 11)
    assert averaged.conditions.count.sum() == 7466 * 11


def test_averages_are_over_what_was_measured(holed):
    data = holed(7.0)
    averaged = average_by_condition(data)
    raw = data.y.where(data.measured)
    distinct = np.unique(data.x[data.inputs], axis=0)
    assert (
        np.array_equal(averaged.conditions.x, distinct)
        and averaged.conditions.count.sum() == data.measured.sum().sum()
    )
    np.testing.assert_allclose(averaged.mean, raw.mean(), rtol=1e-5)
    np.testing.assert_allclose(averaged.sd, raw.std(ddof=0), rtol=1e-5)
    names = perturbation_task(data).data["input"].node_names
    both = raw.groupby([data.x[name] for name in names]).mean().to_numpy()
    measured = averaged.conditions.count > 0
    found = averaged.in_units(averaged.conditions.y).to_numpy()
    np.testing.assert_allclose(found[measured], both[measured], rtol=1e-4)
    assert not averaged.conditions.y[~measured].any()


def test_samples_of_one_condition_are_hidden_together(screen):
    """Whichever of x and condition they share."""
    assert average_by_condition(screen).n_groups == 16
    labels = np.where(screen.x["in a"] == 1, "with a", screen.x.astype(str).agg("".join, axis=1))
    conditions = average_by_condition(
        replace(screen, condition=pd.Series(labels)), whole_conditions=True
    ).conditions
    with_a = conditions.x[:, perturbation_task(screen).data["input"].node_names.index("in a")] == 1
    assert len(set(conditions.group[with_a])) == len(set(conditions.fold[with_a])) == 1
    assert len(set(conditions.group)) == 9 and len(set(conditions.group[~with_a])) == 8
    batches = pd.Series([f"batch {row}" for row in range(screen.n_samples)])
    assert (
        average_by_condition(replace(screen, condition=batches), whole_conditions=True).n_groups
        == 16
    )


@pytest.mark.parametrize("n_folds", [2, 17])
def test_there_are_three_folds_to_one_per_condition(n_folds, screen):
    with pytest.raises(ConfigError, match=f"16 conditions cannot be hidden in {n_folds} groups"):
        average_by_condition(screen, n_folds)


def test_rows_that_share_a_condition_through_others_are_hidden_together(monkeypatch):
    def search(graph, **options):
        # The searches of scipy 1.12 take no other indices.
        assert graph.row.dtype == graph.col.dtype == np.int32
        return connected_components(graph, **options)

    monkeypatch.setattr(_conditions, "connected_components", search)
    row, condition = np.array([0, 1, 1, 2]), np.array([0, 0, 1, 2])
    assert _conditions._hidden_together(row, condition).tolist() == [0, 0, 1]
