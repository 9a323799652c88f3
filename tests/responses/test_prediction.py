"""Predicting responses: copies are what they would be alone, hidden conditions have no part, sums
by hand.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import RidgeCV

from edgelab.datasets import Dataset, simulate, take_samples
from edgelab.errors import ConfigError, DataError
from edgelab.models import GSNN
from edgelab.responses import EnsembleSettings, predict_double_knockouts, predict_responses
from edgelab.responses._conditions import Conditions, average_by_condition
from edgelab.responses._copies import CopySettings, copies_of, train_copies
from edgelab.responses._predictors import PREDICTORS
from edgelab.tasks import perturbation_task

EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("e", "d")]
QUICK = EnsembleSettings(members=2, copies=CopySettings(layers=5, epochs=30, every=10))


@pytest.fixture(scope="module")
def screen() -> Dataset:
    on = pd.DataFrame(list(product([0.0, 1.0], repeat=4)), columns=["in a", "in b", "in c", "in e"])
    return simulate(
        EDGES,
        input_edges=[(name, name[-1]) for name in on],
        output_edges=[("c", "level c"), ("d", "level d")],
        x=pd.concat([on, on], ignore_index=True),
        noise_scale=0.1,
        name="screen",
    )


def test_copies_are_disjoint_and_alike(screen):
    data = perturbation_task(screen).data
    copies = copies_of(data, 3)
    n_functions = data["function"].num_nodes
    edges = copies["function", "to", "function"].edge_index
    assert edges.shape[1] == 3 * len(EDGES)
    assert torch.equal(edges[0] // n_functions, edges[1] // n_functions)
    assert torch.equal(
        edges[:, : len(EDGES)] % n_functions, data["function", "to", "function"].edge_index
    )


def test_a_model_of_copies_is_a_model_per_copy(screen):
    """The same numbers as GSNNs of single graphs that carry the weights of their copy."""
    task, count = perturbation_task(screen), 2
    torch.manual_seed(0)
    whole = GSNN.from_data(copies_of(task.data, count), 3, 5, norm="none").double()
    x = task.x.double()
    together = whole(x.repeat(1, count)).unflatten(1, (count, -1))
    silenced = whole(torch.cat([x, torch.zeros_like(x)], dim=1)).unflatten(1, (count, -1))
    torch.testing.assert_close(together[:, 0], silenced[:, 0])
    assert not torch.allclose(together[:, 0], together[:, 1])


def test_a_copy_learns_nothing_from_entries_without_weight(screen):
    task = perturbation_task(screen)
    y = task.y.expand(2, *task.y.shape).clone()
    weight = torch.ones_like(y)
    weight[:, :5] = 0
    settings = CopySettings(layers=5, epochs=20, every=20)
    first = train_copies(task.data, task.x, y, weight, task.x, settings)
    y[:, :5] = 1e3
    torch.testing.assert_close(
        train_copies(task.data, task.x, y, weight, task.x, settings), first, rtol=0, atol=0
    )


def test_other_copies_make_no_difference(screen):
    task = perturbation_task(screen)
    y = task.y.expand(2, *task.y.shape).clone()
    settings = CopySettings(layers=5, epochs=20, every=20)
    first = train_copies(task.data, task.x, y, torch.ones_like(y), task.x, settings)
    y[1] *= 3
    second = train_copies(task.data, task.x, y, torch.ones_like(y), task.x, settings)
    torch.testing.assert_close(first[:, 0], second[:, 0])
    assert not torch.allclose(first[:, 1], second[:, 1])


@pytest.mark.parametrize("name", PREDICTORS.names())
def test_a_hidden_condition_has_no_part_in_its_own_prediction(name, screen):
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
        PREDICTORS[name](replace(conditions, y=values), QUICK) for values in (y, changed)
    )
    np.testing.assert_array_equal(first[fold == 1], second[fold == 1])
    assert not np.allclose(first[fold == 0], second[fold == 0])


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


def test_r_squared_is_pooled_over_samples_and_outputs(screen):
    found = predict_responses(screen, ["ridge"])
    record = found.records.iloc[0]
    distinct = np.unique(perturbation_task(screen).x.numpy(), axis=0)
    place = [int(np.flatnonzero((distinct == row).all(axis=1))[0]) for row in screen.x.to_numpy()]
    predicted = found.predictions["ridge"].to_numpy()[place]
    scale = screen.y.std(ddof=0).to_numpy()
    error, total = (
        (screen.y.to_numpy() - predicted) / scale,
        (screen.y - screen.y.mean()).to_numpy() / scale,
    )
    assert record["r2"] == pytest.approx(1 - (error**2).sum() / (total**2).sum(), abs=1e-6)
    assert record["low"] < record["r2"] < record["high"]
    assert record["n_conditions"] == 16


def holed(screen: Dataset, filling: float) -> Dataset:
    measured = pd.DataFrame(
        np.random.default_rng(1).random(screen.y.shape) < 0.7, columns=screen.outputs
    )
    return replace(screen, y=screen.y.where(measured, filling), measured=measured)


@pytest.mark.parametrize("name", PREDICTORS.names())
def test_what_stands_in_for_missing_entries_makes_no_difference(name, screen):
    first, second = (
        predict_responses(holed(screen, filling), [name], n_folds=4, settings=QUICK)
        for filling in (0.0, 7.0)
    )
    pd.testing.assert_frame_equal(first.predictions[name], second.predictions[name])
    assert first.records["r2"][0] == pytest.approx(second.records["r2"][0])
    assert np.isfinite(first.predictions[name]).all(axis=None)


def test_averages_are_over_what_was_measured(screen):
    data = holed(screen, 7.0)
    asked = average_by_condition(data)
    raw = data.y.where(data.measured)
    distinct = np.unique(data.x[data.inputs], axis=0)
    assert (
        np.array_equal(asked.conditions.x, distinct)
        and asked.conditions.count.sum() == data.measured.sum().sum()
    )
    np.testing.assert_allclose(asked.mean, raw.mean(), rtol=1e-5)
    np.testing.assert_allclose(asked.scale, raw.std(ddof=0), rtol=1e-5)
    names = perturbation_task(data).data["input"].node_names
    both = raw.groupby([data.x[name] for name in names]).mean().to_numpy()
    measured = asked.conditions.count > 0
    found = asked.in_units(asked.conditions.y).to_numpy()
    np.testing.assert_allclose(found[measured], both[measured], rtol=1e-4)
    assert not asked.conditions.y[~measured].any()


def test_ridge_of_a_holed_output_is_that_of_the_rows_that_it_has(screen):
    data = replace(holed(screen, 0.0), measured=None)
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


def test_an_output_without_a_shown_measurement_is_predicted_by_its_mean(screen):
    once = screen.x.eq(1).all(axis=1)
    measured = pd.DataFrame({"level c": once, "level d": True})
    found = predict_responses(replace(screen, measured=measured), settings=QUICK, n_folds=4)
    assert np.isfinite(found.records["r2"]).all()
    expected = screen.y["level c"][once].mean()
    assert found.predictions["ridge"]["level c"].iloc[-1] == pytest.approx(expected, rel=1e-5)


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


@pytest.mark.slow
def test_a_network_with_the_right_edges_foresees_what_a_linear_model_cannot():
    on = pd.DataFrame(list(product([0.0, 1.0], repeat=5)), columns=["a", "b", "c", "d", "e"])
    screen = simulate(
        [("a", "f"), ("b", "f"), ("f", "g"), ("c", "g"), ("d", "h"), ("e", "h"), ("g", "h")],
        input_edges=[(name, name) for name in on],
        output_edges=[("f", "rf"), ("g", "rg"), ("h", "rh")],
        x=on,
        noise_scale=0.0,
    )
    gated = screen.y.assign(rf=on["a"] * on["b"])
    gated["rg"] = np.maximum(gated["rf"] - on["c"], 0)
    gated["rh"] = np.maximum(gated["rg"], on["d"]) * (1 - on["e"])
    settings = EnsembleSettings(members=3, copies=CopySettings(layers=5, epochs=300))
    found = predict_responses(
        replace(screen, y=gated), ["ridge", "gsnn"], n_folds=8, settings=settings
    )
    r2 = found.records.set_index("predictor")["r2"]
    assert r2["gsnn"] > r2["ridge"] + 0.1
    assert found.records.set_index("predictor").loc["ridge", "gain_low"] > 0


def test_the_order_of_samples_makes_no_difference(screen):
    turned = take_samples(screen, np.random.default_rng(0).permutation(screen.n_samples))
    first, second = (
        predict_responses(data, ["gsnn"], n_folds=3, settings=QUICK) for data in (screen, turned)
    )
    pd.testing.assert_frame_equal(
        first.predictions["gsnn"], second.predictions["gsnn"], check_exact=True
    )


def test_mistakes_are_named(screen):
    with pytest.raises(ConfigError, match="unknown predictor 'rigde'"):
        predict_responses(screen, ["rigde"])
    with pytest.raises(ConfigError, match="cannot be hidden in 2 groups"):
        predict_responses(screen, ["ridge"], n_folds=2)
    with pytest.raises(ConfigError, match="divides epochs"):
        CopySettings(epochs=25, every=10)
    with pytest.raises(ConfigError, match="members"):
        EnsembleSettings(members=0)
    with pytest.raises(ConfigError, match="inner_fraction"):
        EnsembleSettings(inner_fraction=1.0)


def knockouts(rows, responses) -> Dataset:
    genes = ["g1", "g2", "g3"]
    return Dataset(
        name="toy",
        source="by hand",
        edges=pd.DataFrame({"source": ["g1", "g2"], "target": ["g3", "g3"]}),
        input_edges=pd.DataFrame({"source": genes, "target": genes}),
        output_edges=pd.DataFrame({"source": genes, "target": genes}),
        x=pd.DataFrame(rows, columns=genes, dtype=float),
        y=pd.DataFrame(responses, columns=genes, dtype=float),
        condition=pd.Series([str(row) for row in rows]),
    )


SINGLE = knockouts(
    [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0.1, 1, 0.9], [1, 0, 0.5], [1, 1, 0]],
)
DOUBLE = knockouts([[1, 1, 0], [0, 1, 1]], [[0, 0, 0.1], [0.9, 0, 0]])
FEW_STEPS = EnsembleSettings(members=2, copies=CopySettings(layers=3, epochs=10, every=10))


def test_sums_of_effects_by_hand():
    found = predict_double_knockouts(SINGLE, DOUBLE, settings=FEW_STEPS).predictions
    np.testing.assert_allclose(found["wildtype"].iloc[0], [1, 1, 1])
    np.testing.assert_allclose(found["additive"].iloc[0], [0.1, 0, 0.4], atol=1e-6)
    # Of the effects on g3, -0.1, -0.5 and -1, only the last exceeds two standard deviations.
    np.testing.assert_allclose(found["additive_clear"].iloc[0], [0.1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(found["additive_bounded"].iloc[0], [0, 0, 1])
    average = (found["additive_bounded"] + found["gsnn_bounded"]) / 2
    np.testing.assert_allclose(found["gsnn_and_additive"], average)


def test_double_knockouts_have_no_part_in_their_prediction():
    other = replace(DOUBLE, y=DOUBLE.y + 5)
    first, second = (
        predict_double_knockouts(SINGLE, asked, settings=FEW_STEPS) for asked in (DOUBLE, other)
    )
    pd.testing.assert_frame_equal(first.predictions["gsnn"], second.predictions["gsnn"])
    assert first.records["mse"].iloc[0] != second.records["mse"].iloc[0]


def test_doses_that_are_no_knockouts_are_refused():
    with pytest.raises(DataError, match="at most one input on"):
        predict_double_knockouts(DOUBLE, DOUBLE, settings=FEW_STEPS)
    with pytest.raises(DataError, match="never knocked out by themselves"):
        predict_double_knockouts(take_samples(SINGLE, np.arange(5)), DOUBLE, settings=FEW_STEPS)
