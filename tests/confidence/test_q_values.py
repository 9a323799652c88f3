"""Q-values for a directed path: promise kept on simulated screens, honest where there is nothing to
know.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import (
    QSettings,
    check_levels,
    pair_verdicts,
    realised_proportions,
    true_pairs,
    with_q_values,
)
from edgelab.confidence._q_values import unexplained
from edgelab.datasets import Dataset, sachs, simulate, take_samples
from edgelab.errors import ConfigError
from edgelab.graphs import FUNCTION_EDGES
from edgelab.jobs import infer_edges
from edgelab.table import check_edge_table
from edgelab.tasks import graph_of

GENES = [f"g{number}" for number in range(12)]
CHAIN = [(GENES[i], GENES[i + 1]) for i in range(6)]
INPUTS = pd.DataFrame({"source": [f"{gene} off" for gene in GENES], "target": GENES})


def chain_screen(seed, replicates=6, controls=30, effects=True, doses=(1.0,)):
    """A chain of seven genes and five genes apart; the prior knows the first edge only."""
    treated = [dose * np.eye(len(GENES)) for dose in doses for _ in range(replicates)]
    x = pd.DataFrame(
        np.concatenate([np.zeros((controls, len(GENES))), *treated]),
        columns=INPUTS["source"].tolist(),
    )
    outputs = pd.DataFrame({"source": GENES, "target": [f"{gene} level" for gene in GENES]})
    strong = INPUTS.assign(weight=-8.0)
    made = simulate(
        CHAIN, input_edges=strong, output_edges=outputs, x=x if effects else 0 * x, seed=seed
    )
    prior = pd.DataFrame(CHAIN[:1], columns=["source", "target"])
    return Dataset(
        name="chain", source="simulated", edges=prior, input_edges=INPUTS, output_edges=outputs, x=x, y=made.y,
        condition=made.condition, functions=tuple(GENES),
    )  # fmt: skip


def proportions(dataset, q_value):
    names = graph_of(dataset)["function"].node_names
    index = np.array([[names.index(source), names.index(target)] for source, target in CHAIN]).T
    return realised_proportions(
        q_value.ravel(), true_pairs(index, len(names), "total").ravel(), (0.1, 0.2)
    )


@pytest.mark.parametrize(
    "q", [QSettings(splits=6), QSettings(splits=2, way="method")], ids=lambda q: q.way
)
def test_promise_is_kept_and_paths_are_found(q):
    runs = []
    for seed in range(12 if q.way == "mirror" else 4):
        dataset = chain_screen(seed)
        verdicts = pair_verdicts(dataset, graph_of(dataset), method="interventional_z", q=q)
        runs.append(proportions(dataset, verdicts.q_value))
    checks = check_levels(pd.concat(runs))
    assert all(check.holds for check in checks)
    assert checks[-1].power > (0.6 if q.way == "mirror" else 0)


def test_nothing_is_called_where_nothing_moves():
    screens = [chain_screen(seed, effects=False) for seed in range(12)]
    called = [
        (pair_verdicts(one, graph_of(one), q=QSettings(splits=3)).q_value <= 0.2).any()
        for one in screens
    ]
    assert np.mean(called) <= 0.2


def test_knockout_against_knockdown_is_one_split():
    dataset = chain_screen(0, replicates=1, doses=(1.0, 0.5))
    verdicts = pair_verdicts(dataset, graph_of(dataset))
    assert verdicts.n_splits == 1
    assert set(np.unique(verdicts.stability[~np.isnan(verdicts.stability)])) <= {0.0, 0.5, 1.0}


def test_edges_and_sources_without_an_intervention_get_no_q_value():
    data = graph_of(sachs())
    q_value = pair_verdicts(sachs(), data, q=QSettings(splits=2)).q_value
    names = data["function"].node_names
    # PMA and b2cAMP were given instead of CD3/CD28, so that no regression can tell them from its
    # absence: nothing is known of PKA, and of PKC only by its inhibitor.
    hit = {names.index(name) for name in ("Akt", "PKC", "PIP2", "Mek")}
    for number in range(len(names)):
        known = ~np.isnan(q_value[number])
        assert known.any() == (number in hit)
    assert np.isnan(q_value[tuple(data[FUNCTION_EDGES].edge_index.numpy())]).all()


def test_the_table_says_what_q_is_about():
    data = take_samples(sachs(), np.arange(0, 7466, 20))
    plain = infer_edges(data, "pearson", q=QSettings(way="association")).table
    assert (plain["estimand"] == "association").all()
    pd.testing.assert_series_equal(plain["q_value"], plain["q_association"], check_names=False)
    total = check_edge_table(with_q_values(plain, data, q=QSettings(splits=2, direct=True)))
    assert (total["estimand"] == "total").all() and {"stability", "prior_path", "q_direct"} <= set(
        total.columns
    )
    assert total[["src_func", "score", "p_value"]].equals(plain[["src_func", "score", "p_value"]])
    assert total.loc[total["has_edge"], "prior_path"].all()


def test_the_order_of_the_samples_does_not_matter():
    dataset = chain_screen(3)
    turned = take_samples(dataset, np.random.default_rng(0).permutation(dataset.n_samples))
    first, second = (
        pair_verdicts(d, graph_of(d), q=QSettings(splits=3)).q_value for d in (dataset, turned)
    )
    np.testing.assert_array_equal(first, second)


def test_conditioning_on_parents_removes_what_passes_through_them():
    dataset = chain_screen(1)
    dataset = replace(dataset, edges=pd.DataFrame(CHAIN[1:], columns=["source", "target"]))
    data = graph_of(dataset)
    names = data["function"].node_names
    pair = names.index("g0"), names.index("g2")  # g0 -> g1 is missing; g1 -> g2 is known
    q = QSettings(splits=6)
    assert pair_verdicts(dataset, data, q=q).q_value[pair] <= 0.2
    assert pair_verdicts(dataset, data, q=q, conditioned=True).q_value[pair] == 1.0


def test_residuals_are_orthogonal_to_the_parents():
    responses = np.random.default_rng(0).standard_normal((20, 3))
    left = unexplained(responses, np.array([[0, 1], [2, 2]]))
    np.testing.assert_allclose(left[:, 2] @ responses[:, :2], 0, atol=1e-9)
    np.testing.assert_array_equal(left[:, :2], responses[:, :2])


@pytest.mark.parametrize(
    ("options", "message"), [({"way": "mirrors"}, "way must be"), ({"splits": 0}, "positive")]
)
def test_settings_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        QSettings(**options)
