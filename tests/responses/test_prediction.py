"""Predicted responses: R² over samples and outputs, gains over the GSNN, and mistakes by name."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import simulate, take_samples
from edgelab.errors import ConfigError
from edgelab.responses import CopySettings, EnsembleSettings, predict_responses
from edgelab.tasks import perturbation_task


def test_r_squared_is_pooled_over_samples_and_outputs(screen):
    found = predict_responses(screen, ["ridge"])
    record = found.records.iloc[0]
    distinct = np.unique(perturbation_task(screen).x.numpy(), axis=0)
    place = [int(np.flatnonzero((distinct == row).all(axis=1))[0]) for row in screen.x.to_numpy()]
    predicted = found.predictions["ridge"].to_numpy()[place]
    scale = screen.y.std(ddof=0).to_numpy()
    error = (screen.y.to_numpy() - predicted) / scale
    total = (screen.y - screen.y.mean()).to_numpy() / scale
    assert record["r2"] == pytest.approx(1 - (error**2).sum() / (total**2).sum(), abs=1e-6)
    assert record["low"] < record["r2"] < record["high"]
    assert record["n_conditions"] == 16


def test_an_output_without_a_shown_measurement_is_predicted_by_its_mean(screen, quick):
    once = screen.x.eq(1).all(axis=1)
    measured = pd.DataFrame({"level c": once, "level d": True})
    found = predict_responses(replace(screen, measured=measured), settings=quick, n_folds=4)
    assert np.isfinite(found.records["r2"]).all()
    expected = screen.y["level c"][once].mean()
    assert found.predictions["ridge"]["level c"].iloc[-1] == pytest.approx(expected, rel=1e-5)


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


def test_the_order_of_samples_makes_no_difference(screen, quick):
    turned = take_samples(screen, np.random.default_rng(0).permutation(screen.n_samples))
    first, second = (
        predict_responses(data, ["gsnn"], n_folds=3, settings=quick) for data in (screen, turned)
    )
    pd.testing.assert_frame_equal(
        first.predictions["gsnn"], second.predictions["gsnn"], check_exact=True
    )


def test_an_average_is_the_mean_of_its_parts(screen, quick):
    prediction = predict_responses(screen, ["gsnn_and_pairs"], n_folds=3, settings=quick)
    both = predict_responses(screen, ["gsnn", "ridge_pairs"], n_folds=3, settings=quick)
    mean = (both.predictions["gsnn"] + both.predictions["ridge_pairs"]) / 2
    pd.testing.assert_frame_equal(prediction.predictions["gsnn_and_pairs"], mean)
    assert prediction.records["predictor"].tolist() == ["gsnn_and_pairs"]


@pytest.mark.parametrize(
    ("predictors", "message"),
    [(["rigde"], "unknown predictor 'rigde'.*'ridge'"), ([], "predictors is empty")],
)
def test_predictors_must_be_known_and_at_least_one(predictors, message, screen):
    with pytest.raises(ConfigError, match=message):
        predict_responses(screen, predictors)
