"""Q-values for a directed path: promise kept, and silent where nothing is known."""

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import (
    QSettings,
    SplitEvidence,
    check_levels,
    pair_q_values,
    realised_proportions,
    true_pairs,
    with_q_values,
)
from edgelab.confidence._q_values import direct_verdicts, total_verdicts
from edgelab.datasets import sachs, take_samples
from edgelab.graphs import FUNCTION_EDGES
from edgelab.methods import METHODS, Evidence
from edgelab.table import check_edge_table
from edgelab.tasks import graph_of

CHAIN = [(f"g{i}", f"g{i + 1}") for i in range(6)]


def split_evidence(dataset, **q):
    return SplitEvidence(Evidence(dataset, graph_of(dataset)), QSettings(**q))


def ranked(dataset, method):
    return METHODS[method].table(Evidence(dataset, graph_of(dataset)), None)


def proportions(evidence, q_value):
    names = evidence.whole.data["function"].node_names
    index = np.array([[names.index(source), names.index(target)] for source, target in CHAIN]).T
    is_true = true_pairs(index, len(names), "total")
    return realised_proportions(q_value.ravel(), is_true.ravel(), (0.1, 0.2))


@pytest.mark.parametrize(
    ("q", "screens", "power"),
    [({"splits": 6}, 12, 0.6), ({"splits": 1, "way": "method"}, 4, 0.0)],
    ids=["mirror", "method"],
)
def test_promise_is_kept_and_paths_are_found(chain_screen, q, screens, power):
    runs = []
    for seed in range(screens):
        evidence = split_evidence(chain_screen(seed), **q)
        runs.append(proportions(evidence, pair_q_values(evidence, "interventional_z")))
    checks = check_levels(pd.concat(runs))
    assert all(check.holds for check in checks)
    assert checks[-1].power > power


def test_nothing_is_called_where_nothing_moves(chain_screen):
    called = []
    for seed in range(12):
        evidence = split_evidence(chain_screen(seed, effects=False), splits=3)
        called.append((pair_q_values(evidence) <= 0.2).any())
    assert np.mean(called) <= 0.2


def test_stability_counts_halves(chain_screen):
    """One split has two halves."""
    evidence = split_evidence(chain_screen(0, replicates=1, doses=(1.0, 0.5)))
    stability = total_verdicts(evidence).stability
    assert set(np.unique(stability[~np.isnan(stability)])) <= {0.0, 0.5, 1.0}


def test_edges_and_sources_without_an_intervention_get_no_q_value():
    evidence = split_evidence(sachs(), splits=2)
    q_value = pair_q_values(evidence)
    data = evidence.whole.data
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
    ranking = ranked(data, "pearson")
    plain = with_q_values(ranking, data, q=QSettings(way="association"))
    assert (plain["estimand"] == "association").all()
    pd.testing.assert_series_equal(plain["q_value"], ranking["q_value"])
    pd.testing.assert_series_equal(plain["q_value"], plain["q_association"], check_names=False)
    total = check_edge_table(with_q_values(ranking, data, q=QSettings(splits=2, direct=True)))
    assert (total["estimand"] == "total").all()
    assert {"stability", "prior_path", "q_direct"} <= set(total.columns)
    pd.testing.assert_frame_equal(
        total[["src_func", "score", "p_value"]], ranking[["src_func", "score", "p_value"]]
    )
    assert total.loc[total["has_edge"], "prior_path"].all()


def test_all_pairs_by_association_are_those_of_the_table(screen):
    q_value = pair_q_values(split_evidence(screen, way="association"), "pearson")
    table = ranked(screen, "pearson")
    np.testing.assert_array_equal(q_value[table["src_idx"], table["dst_idx"]], table["q_value"])
    assert np.isnan(np.diag(q_value)).all()


def test_the_order_of_the_samples_does_not_matter(chain_screen):
    dataset = chain_screen(3)
    turned = take_samples(dataset, np.random.default_rng(0).permutation(dataset.n_samples))
    first, second = (pair_q_values(split_evidence(d, splits=3)) for d in (dataset, turned))
    np.testing.assert_array_equal(first, second)


def test_conditioning_on_parents_removes_what_passes_through_them(chain_screen):
    evidence = split_evidence(chain_screen(1, prior=CHAIN[1:]), splits=6)
    names = evidence.whole.data["function"].node_names
    pair = names.index("g0"), names.index("g2")  # g0 -> g1 is missing; g1 -> g2 is known
    assert pair_q_values(evidence)[pair] <= 0.2
    assert direct_verdicts(evidence).q_value[pair] == 1.0


def test_q_direct_rests_on_the_interventions_whatever_q_value_rests_on(chain_screen):
    """A method refitted on the halves would rank by responses that were not conditioned."""
    dataset = chain_screen(1)
    table = ranked(dataset, "interventional_z")
    mirror, method, association = (
        with_q_values(table, dataset, q=QSettings(way=way, splits=3, direct=True))["q_direct"]
        for way in ("mirror", "method", "association")
    )
    assert (mirror < 1).any()
    pd.testing.assert_series_equal(method, mirror)
    pd.testing.assert_series_equal(association, mirror)
