"""Degree-matched negatives: weights by hand, topology that finds nothing, and parity with sampled
copies.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import TableError
from edgelab.evaluation import (
    degree_matched_weights,
    evaluate_against,
    evaluate_degree_matched,
)


def hub_table(seed: int = 0, n_nodes: int = 30) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """A network of few hubs with many targets, scored at random; a third of its edges hidden."""
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(n_nodes)]
    chance = np.where(np.arange(n_nodes) < 5, 0.5, 0.03)
    edge = rng.random((n_nodes, n_nodes)) < chance[:, None]
    np.fill_diagonal(edge, False)
    hidden = edge & (rng.random(edge.shape) < 0.33)
    pairs = [(i, j) for i in range(n_nodes) for j in range(n_nodes) if i != j]
    table = pd.DataFrame(
        {
            "src_func": [names[i] for i, _ in pairs],
            "dst_func": [names[j] for _, j in pairs],
            "score": rng.random(len(pairs)),
            "has_edge": [bool(edge[pair] and not hidden[pair]) for pair in pairs],
        }
    )
    return table, [(names[i], names[j]) for i, j in zip(*np.nonzero(hidden), strict=True)]


def with_out_degree(table: pd.DataFrame) -> pd.DataFrame:
    degree = table.groupby("src_func")["has_edge"].transform("sum")
    return table.assign(score=degree.astype(float))


def test_weights_by_hand():
    positive = np.array([[2, 0], [0, 1]])
    negative = np.array([[2, 0], [0, 1], [0, 1], [5, 5]])
    # The first true pair gives its half of 4 to one false pair, the second shares it among two.
    np.testing.assert_allclose(degree_matched_weights(positive, negative, least=1), [2, 1, 1, 0])


def test_the_ball_grows_until_it_holds_enough_and_keeps_ties():
    positive, negative = np.array([[0, 0]]), np.array([[0, 0], [1, 0], [0, 1], [3, 0]])
    np.testing.assert_allclose(
        degree_matched_weights(positive, negative, least=2), [4 / 3, 4 / 3, 4 / 3, 0]
    )
    np.testing.assert_allclose(degree_matched_weights(positive, negative, least=99), 1)


@given(st.integers(0, 1000), st.integers(1, 12))
def test_weights_add_up_and_do_not_depend_on_the_order(seed, least):
    rng = np.random.default_rng(seed)
    positive, negative = rng.integers(0, 6, (4, 2)), rng.integers(0, 6, (40, 2))
    weight = degree_matched_weights(positive, negative, least)
    assert weight.sum() == pytest.approx(40) and (weight >= 0).all()
    order = rng.permutation(40)
    np.testing.assert_allclose(
        degree_matched_weights(positive[::-1].copy(), negative[order], least), weight[order]
    )


def test_topology_finds_much_among_all_pairs_and_little_among_matched_ones():
    uniform, matched = [], []
    for seed in range(10):
        table, held_out = hub_table(seed)
        uniform.append(evaluate_against(with_out_degree(table), held_out))
        matched.append(evaluate_degree_matched(with_out_degree(table), held_out))
    assert np.mean([one["auc"] for one in uniform]) > 0.75
    assert np.mean([one["auc_matched"] for one in matched]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one["mrr_matched"] for one in matched]) < 0.75 * np.mean(
        [one["mrr"] for one in uniform]
    )


def test_chance_is_the_same_as_among_all_pairs():
    uniform, matched = [], []
    for seed in range(40):
        table, held_out = hub_table(seed)
        uniform.append(evaluate_against(table, held_out))
        matched.append(evaluate_degree_matched(table, held_out))
    assert np.mean([one["auc_matched"] for one in matched]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([one["top@5_matched"] for one in matched]) == pytest.approx(
        np.mean([one["top@5"] for one in uniform]), abs=0.05
    )


def test_a_perfect_and_a_constant_score():
    table, held_out = hub_table()
    is_held_out = pd.MultiIndex.from_frame(table[["src_func", "dst_func"]]).isin(held_out)
    perfect = evaluate_degree_matched(table.assign(score=is_held_out.astype(float)), held_out)
    assert set(perfect.values()) == {1.0}
    constant = evaluate_degree_matched(table.assign(score=np.nan), held_out)
    n_candidates = (~table["has_edge"]).sum()
    assert constant["auc_matched"] == pytest.approx(0.5)
    assert constant["auprc_matched"] == pytest.approx(len(held_out) / n_candidates)


def test_ranks_agree_with_a_plain_loop():
    table, held_out = hub_table(3)
    summary = evaluate_degree_matched(table, held_out, top_k=(2,))
    degree = table.groupby("src_func")["has_edge"].sum()
    hidden = pd.MultiIndex.from_frame(table[["src_func", "dst_func"]]).isin(held_out)
    false = table[~table["has_edge"] & ~hidden]
    ranks = []
    for source, target in held_out:
        own = table.loc[
            (table["src_func"] == source) & (table["dst_func"] == target), "score"
        ].item()
        rivals = false[false["dst_func"] == target]
        distance = (
            np.log1p(degree[rivals["src_func"]].to_numpy()) - np.log1p(degree[source])
        ).round(9)
        near = rivals["score"].to_numpy()[np.abs(distance) <= np.sort(np.abs(distance))[2]]
        ranks.append(1 + len(rivals) * np.mean(near > own))
    assert summary["mrr_matched"] == pytest.approx(np.mean(1 / np.array(ranks)))
    assert summary["top@2_matched"] == pytest.approx(np.mean(np.array(ranks) <= 2))


def test_rows_may_come_in_any_order():
    table, held_out = hub_table()
    shuffled = table.sample(frac=1, random_state=0)
    assert evaluate_degree_matched(shuffled, held_out) == pytest.approx(
        evaluate_degree_matched(table, held_out)
    )


def test_a_cut_table_is_refused():
    table, held_out = hub_table()
    cut = table[(table["src_func"] != held_out[0][0]) | (table["dst_func"] != held_out[0][1])]
    with pytest.raises(TableError, match="not cut"):
        evaluate_degree_matched(cut, held_out)
    with pytest.raises(TableError, match="no pair of the table is false"):
        evaluate_degree_matched(
            table[~table["has_edge"]].head(1), [tuple(table[~table["has_edge"]].iloc[0, :2])]
        )
