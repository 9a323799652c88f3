"""Predictors: what is hidden, or was not measured, has no part in a prediction."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV

from edgelab.responses import predict_responses
from edgelab.responses._conditions import Conditions
from edgelab.responses._predictors import AVERAGES, PREDICTOR_LABELS, PREDICTORS
from edgelab.tasks import perturbation_task


def test_every_predictor_has_a_label_of_its_own():
    assert list(PREDICTOR_LABELS) == [*PREDICTORS, *AVERAGES]
    assert len(set(PREDICTOR_LABELS.values())) == len(PREDICTOR_LABELS)


@pytest.mark.parametrize("name", PREDICTORS.names())
def test_a_hidden_condition_has_no_part_in_its_own_prediction(name, screen, quick):
    task = perturbation_task(screen)
    x = np.unique(task.x.double().numpy(), axis=0)
    y = np.random.default_rng(0).normal(size=(16, 2))
    fold = np.arange(16) % 4
    conditions = Conditions(
        data=task.data, x=x, y=y, count=np.full((16, 2), 2), group=np.arange(16), fold=fold
    )
    changed = y.copy()
    changed[fold == 1] += 100
    first, second = (
        PREDICTORS[name].predict(replace(conditions, y=values), quick) for values in (y, changed)
    )
    np.testing.assert_array_equal(first[fold == 1], second[fold == 1])
    assert not np.allclose(first[fold == 0], second[fold == 0])


@pytest.mark.parametrize("name", PREDICTORS.names())
def test_what_stands_in_for_missing_entries_makes_no_difference(name, holed, quick):
    first, second = (
        predict_responses(holed(filling), [name], n_folds=4, settings=quick)
        for filling in (0.0, 7.0)
    )
    pd.testing.assert_frame_equal(first.predictions[name], second.predictions[name])
    assert first.records["r2"][0] == pytest.approx(second.records["r2"][0])
    assert np.isfinite(first.predictions[name]).all(axis=None)


def test_ridge_is_that_of_scikit_learn(screen):
    found = predict_responses(screen, ["ridge"]).predictions["ridge"]
    task = perturbation_task(screen)
    x, y = task.x.double().numpy(), task.y.double().numpy()
    scaled = (y - y.mean(axis=0)) / y.std(axis=0)
    distinct, of_sample = np.unique(x, axis=0, return_inverse=True)
    means = np.stack([scaled[of_sample.ravel() == one].mean(axis=0) for one in range(16)])
    rest = np.arange(16) != 5
    model = RidgeCV(np.logspace(-2, 2, 9)).fit(
        distinct[rest], means[rest], sample_weight=np.full(15, 2.0)
    )
    expected = model.predict(distinct[5:6])[0] * y.std(axis=0) + y.mean(axis=0)
    np.testing.assert_allclose(found.loc[5], expected)


def test_ridge_of_a_holed_output_is_that_of_the_rows_that_it_has(holed):
    data = replace(holed(0.0), measured=None)
    measured = pd.DataFrame(True, index=data.y.index, columns=data.outputs)
    measured.loc[(data.x["in a"] == 1) & (data.x["in b"] == 1), "level c"] = False
    found = predict_responses(replace(data, measured=measured), ["ridge"])
    for output in data.outputs:
        kept = measured[output]
        mean, sd = data.y[output][kept].mean(), data.y[output][kept].std(ddof=0)
        groups = data.y[kept].groupby([data.x[name][kept] for name in data.inputs])[output].mean()
        rows = np.array(groups.index.tolist())
        shown = rows.any(axis=1)
        model = RidgeCV(np.logspace(-2, 2, 9)).fit(
            rows[shown],
            (groups.to_numpy()[shown] - mean) / sd,
            sample_weight=np.full(shown.sum(), 2.0),
        )
        expected = model.predict(np.zeros((1, 4)))[0] * sd + mean
        assert found.predictions["ridge"][output][0] == pytest.approx(expected, abs=1e-5)
