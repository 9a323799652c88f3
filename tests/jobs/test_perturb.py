"""The perturbing job: candidates that leave the trained model alone, prices, conditions, units."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from edgelab.datasets import convergence
from edgelab.errors import ConfigError, GraphError
from edgelab.jobs import PerturbSettings, perturb_edges, refinement_model
from edgelab.methods import METHODS
from edgelab.training import TrainingConfig

CANDIDATES = [("f0", "f6"), ("f1", "f6")]
EDGE = ("f0", "f4", 1.0)


def prices(*rows):
    return pd.DataFrame(rows, columns=["source", "target", "cost"])


@pytest.fixture(scope="module")
def data():
    return convergence(4, n_train=120, n_test=10, seed=1).train


@pytest.fixture(scope="module")
def settings():
    training = TrainingConfig(epochs=3, batch_size=60, lr=1e-2, device="cpu", progress=False)
    return replace(refinement_model(), channels=2, layers=3, training=training, min_steps=4)


@pytest.fixture(scope="module")
def result(data, settings):
    return perturb_edges(
        data,
        data.outputs[-1],
        candidates=CANDIDATES,
        settings=settings,
        perturbing=PerturbSettings(budget=1.5, models=2, candidate_cost=0.5),
    )


def test_the_table_adds_up(data, result):
    table = result.table
    assert 0 < result.spent <= 1.5 * (1 + 1e-9) and table["share"].sum() == pytest.approx(
        result.spent / 1.5
    )
    assert result.achieved < result.baseline
    assert result.achieved - result.baseline <= result.screen["effect"].min() + 1e-6
    pd.testing.assert_series_equal(
        table["after"] - table["before"], table["change"], check_names=False
    )
    pd.testing.assert_series_equal(
        table["change"].abs() * table["cost"], table["spent"], check_names=False
    )
    assert table["effect_within"].abs().is_monotonic_decreasing
    assert set(table["agreement"]) <= {0.5, 1.0}
    assert len(result.screen) == len(data.edges) + 2 and len(result.models) == 2
    candidates = result.screen[result.screen["kind"] == "candidate"]
    assert set(zip(candidates["source"], candidates["target"], strict=True)) == set(CANDIDATES)
    assert set(candidates["cost"]) == {0.5} and (candidates["change"] >= 0).all()


def test_neither_the_order_of_edges_nor_of_samples_matters(data, settings, result):
    order = data.x.sample(frac=1, random_state=5).index
    shuffled = replace(
        data,
        edges=data.edges.sample(frac=1, random_state=3),
        x=data.x.loc[order].reset_index(drop=True),
        y=data.y.loc[order].reset_index(drop=True),
        condition=data.condition.loc[order].reset_index(drop=True),
    )
    again = perturb_edges(
        shuffled,
        data.outputs[-1],
        candidates=CANDIDATES[::-1],
        settings=settings,
        perturbing=PerturbSettings(budget=1.5, models=2, candidate_cost=0.5),
    )
    pd.testing.assert_frame_equal(again.table, result.table, rtol=1e-4, atol=1e-6)


def test_trained_models_can_be_asked_again(data, settings, result):
    same = PerturbSettings(budget=1.5, models=2, candidate_cost=0.5)
    output = data.outputs[-1]
    again = perturb_edges(
        data, output, candidates=CANDIDATES, settings=settings, perturbing=same, trained=result
    )
    pd.testing.assert_frame_equal(again.table, result.table)
    assert again.models is result.models
    with pytest.raises(ConfigError, match="differ in 2 edges"):
        perturb_edges(data, output, settings=settings, perturbing=same, trained=result)


@pytest.mark.slow
def test_units_are_those_of_the_measurements(data, settings):
    output, kept = data.outputs[-1], PerturbSettings(models=1)
    first = perturb_edges(data, output, settings=settings, perturbing=kept)
    scaled = replace(data, y=data.y * 10 + 3)
    second = perturb_edges(scaled, output, settings=settings, perturbing=kept)
    assert second.baseline == pytest.approx(first.baseline * 10 + 3, abs=1e-3)
    assert second.effect == pytest.approx(first.effect * 10, rel=1e-3)
    assert second.observed == pytest.approx(data.y[output].mean() * 10 + 3)


@pytest.mark.slow
def test_a_price_of_its_own_and_the_number_of_edges(data, settings, result):
    dearest = result.screen.iloc[0]
    costs = pd.DataFrame(
        {"source": [dearest["source"]], "target": [dearest["target"]], "cost": [1e6]}
    )
    found = perturb_edges(
        data,
        data.outputs[-1],
        costs=costs,
        candidates=CANDIDATES,
        settings=settings,
        perturbing=PerturbSettings(models=1, max_edges=1),
    )
    assert len(found.table) == 1
    assert (found.table["source"] != dearest["source"]).any() or (
        found.table["target"] != dearest["target"]
    ).any()


def test_the_highest_candidates_of_a_method_and_one_condition(data, settings):
    condition = str(data.condition.iloc[0])
    found = perturb_edges(
        data,
        data.outputs[-1],
        goal="raise",
        candidates=3,
        method="pearson",
        condition=condition,
        settings=settings,
        perturbing=PerturbSettings(models=1, max_strength=1.0),
    )
    assert (found.screen["kind"] == "candidate").sum() == 3
    assert found.samples == (data.condition == condition).sum()
    existing = found.screen[found.screen["kind"] == "existing"]
    assert (existing["change"] <= 0).all()  # only weakened


def test_candidates_are_ranked_with_the_callers_settings(data, settings, monkeypatch):
    asked = []

    def table(evidence, top):
        asked.append((evidence.settings, evidence.seed, top))
        return pearson.table(evidence, top)

    pearson = METHODS["pearson"]
    monkeypatch.setitem(METHODS._entries, "recorder", replace(pearson, table=table))
    perturb_edges(
        data,
        data.outputs[-1],
        candidates=2,
        method="recorder",
        settings=settings,
        perturbing=PerturbSettings(models=1),
        seed=3,
    )
    assert asked == [(settings, 3, None)]


def test_neighbouring_seeds_share_no_model(data, settings, result):
    other = perturb_edges(
        data,
        data.outputs[-1],
        candidates=CANDIDATES,
        settings=settings,
        perturbing=PerturbSettings(budget=1.5, models=2, candidate_cost=0.5),
        seed=1,
    )
    states = [model.state_dict()["blocks.0.lin_in.weight"] for model in other.models]
    for model in result.models:
        weight = model.state_dict()["blocks.0.lin_in.weight"]
        assert not any(torch.equal(weight, state) for state in states)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"output": "f77"}, GraphError, "no output is called 'f77'"),
        ({"condition": "drug"}, ConfigError, "no sample has the condition 'drug'"),
        ({"candidates": [("f0", "f99")]}, GraphError, "no function of the graph"),
        ({"candidates": -1}, ConfigError, "candidates must be an integer of at least 0, got -1"),
        ({"goal": "reach"}, ConfigError, "a finite target"),
        ({"seed": -1}, ConfigError, "seed must be an integer from 0"),
        ({"costs": {"f0": 1.0}}, GraphError, "table with columns source, target and cost"),
        ({"costs": pd.DataFrame({"source": ["f0"]})}, GraphError, r"lacks .*'cost', 'target'"),
        ({"costs": prices(("f6", "f0", 1))}, GraphError, r"\('f6', 'f0'\).*may not change"),
        ({"costs": prices(EDGE, EDGE)}, GraphError, r"\('f0', 'f4'\).*twice"),
        ({"costs": prices((*EDGE[:2], "dear"))}, GraphError, r"'dear' of \('f0', 'f4'\)"),
        ({"costs": prices((*EDGE[:2], None))}, GraphError, r"None of \('f0', 'f4'\)"),
        ({"costs": prices((*EDGE[:2], 0.0))}, GraphError, r"0.0 of \('f0', 'f4'\)"),
        ({"costs": prices((*EDGE[:2], float("inf")))}, GraphError, r"inf of \('f0', 'f4'\)"),
    ],
)
def test_bad_arguments_are_refused_before_any_training(data, options, error, message, wrong_types):
    with pytest.raises(error, match=message):
        perturb_edges(data, **{"output": data.outputs[-1]} | options)


@pytest.mark.parametrize(
    "options",
    [{"budget": 0.0}, {"cost": -1.0}, {"max_strength": 0.5}, {"models": 0}, {"max_edges": 0}],
)
def test_bad_settings_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        PerturbSettings(**options)
