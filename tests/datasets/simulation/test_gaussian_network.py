import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import (
    GaussianNetwork,
    ecoli70_network,
    screen_doses,
    simulate_interventions,
)
from edgelab.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def ecoli():
    return ecoli70_network()


@pytest.fixture
def chain():
    """a -> b -> c with a = 1 + e, b = 2 a + e, c = -b + e, and d by itself."""
    coefficients = np.zeros((4, 4))
    coefficients[0, 1], coefficients[1, 2] = 2.0, -1.0
    return GaussianNetwork(
        name="chain",
        source="by hand",
        functions=("a", "b", "c", "d"),
        intercept=np.array([1.0, 0.0, 0.0, 5.0]),
        coefficients=coefficients,
        spread=np.array([1.0, 0.5, 0.25, 2.0]),
    )


def test_mean_and_covariance_are_those_of_samples(ecoli):
    values = ecoli.sample(np.full((40_000, 46), np.nan), seed=1)
    scale = np.sqrt(np.diag(ecoli.covariance))
    np.testing.assert_allclose(
        (values.mean(axis=0) - ecoli.mean) / scale, 0, atol=5 / np.sqrt(40_000)
    )
    np.testing.assert_allclose(
        np.cov(values.T) / np.outer(scale, scale),
        ecoli.covariance / np.outer(scale, scale),
        atol=0.05,
    )


def test_moments_by_hand(chain):
    np.testing.assert_allclose(chain.mean, [1, 2, -2, 5])
    np.testing.assert_allclose(np.diag(chain.covariance), [1, 4.25, 4.3125, 4])
    assert chain.covariance[0, 2] == pytest.approx(-2)


def test_a_clamped_node_moves_what_is_below_it_only(chain):
    free = np.full((3000, 4), np.nan)
    held = free.copy()
    held[:, 1] = 10.0
    before, after = chain.sample(free, seed=3), chain.sample(held, seed=3)
    np.testing.assert_array_equal(before[:, [0, 3]], after[:, [0, 3]])
    assert (after[:, 1] == 10).all()
    assert after[:, 2].mean() == pytest.approx(-10, abs=0.02)
    assert np.corrcoef(after[:, 0], after[:, 2])[0, 1] == pytest.approx(0, abs=0.05), (
        "the path from a is cut"
    )


def test_first_samples_stay_when_more_are_drawn(chain):
    free = np.full((5, 4), np.nan)
    np.testing.assert_array_equal(chain.sample(free[:2], seed=4), chain.sample(free, seed=4)[:2])


def test_doses_say_how_deep_a_function_is_held(chain):
    doses = screen_doses(chain.functions, n_observed=2, n_knockouts=2, n_knockdowns=1)
    data = simulate_interventions(chain, doses, depth=4.0)
    spread = np.sqrt(np.diag(chain.covariance))
    for number, name in enumerate(chain.functions):
        y = data.y[name]
        np.testing.assert_allclose(
            y[data.condition == f"{name} knockout"], chain.mean[number] - 4 * spread[number]
        )
        np.testing.assert_allclose(
            y[data.condition == f"{name} knockdown"], chain.mean[number] - 2 * spread[number]
        )
    assert data.condition.value_counts(sort=False).tolist() == [2, 2, 2, 2, 2, 1, 1, 1, 1]
    assert data.edges.to_numpy().tolist() == [["a", "b", 1], ["b", "c", -1]]


def test_combinations_and_other_doses_have_names_of_their_own(chain):
    doses = pd.DataFrame({"a": [1.0, 0.5, 0.3, 0.0, 0.5], "b": [1.0, 1.0, 0.0, 0.0, 0.5]})
    data = simulate_interventions(chain, doses)
    assert data.condition.tolist() == [
        "a+b knockout",
        "a=0.5+b=1",
        "a=0.3",
        "observed",
        "a+b knockdown",
    ]
    assert data.inputs == ["a", "b"] and data.outputs == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spread": np.zeros(2)}, "positive"),
        (
            {"intercept": np.zeros(3), "coefficients": np.zeros((3, 3)), "spread": np.ones(3)},
            "2 intercepts",
        ),
        ({"coefficients": np.ones((2, 2))}, "cycle"),
    ],
)
def test_a_network_that_is_none_is_refused(change, message):
    good = {
        "intercept": np.zeros(2),
        "coefficients": np.triu(np.ones((2, 2)), 1),
        "spread": np.ones(2),
    }
    with pytest.raises(DataError, match=message):
        GaussianNetwork(name="bad", source="", functions=("a", "b"), **(good | change))


def test_wrong_arguments_are_refused(chain):
    with pytest.raises(ConfigError, match="'e', no function of 'chain'"):
        simulate_interventions(chain, pd.DataFrame({"e": [1.0]}))
    with pytest.raises(ConfigError, match="depth"):
        simulate_interventions(chain, screen_doses(("a",)), depth=0.0)
    with pytest.raises(ConfigError, match="at least 0 and not all 0"):
        screen_doses(("a",), n_observed=0, n_knockouts=0, n_knockdowns=0)
