"""Association of responses."""

import numpy as np
import pytest

from edgelab.datasets import sachs
from edgelab.inference.features import association_features
from edgelab.tasks import perturbation_task


def test_within_settings_is_the_median_correlation_of_the_conditions():
    data = sachs()
    matrix = association_features(perturbation_task(data))["within_settings"]
    names = perturbation_task(data).data["function"].node_names
    raf, mek = (names.index(name) for name in ("Raf", "Mek"))
    by_condition = data.y.groupby(data.condition.to_numpy(), observed=True)[
        ["Raf_level", "Mek_level"]
    ]
    correlations = [abs(group.corr().iloc[0, 1]) for _, group in by_condition]
    assert matrix[raf, mek] == pytest.approx(np.median(correlations))


def test_few_replicates_have_no_correlation_of_their_own():
    task = perturbation_task(sachs())
    few = task.samples(np.arange(0, len(task.y), 500))
    assert sorted(association_features(few)) == ["partial_correlation", "pearson", "spearman"]
