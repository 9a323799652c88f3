import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from edgelab.errors import ConfigError, TableError
from edgelab.evaluation import evaluate_against, evaluate_target_ranking

# Target d: b 0.9, a 0.7 (known), c 0.2. Target c: a 0.8 (edge of the graph), d 0.6, b 0.4. Others
# are low or NaN.
ROWS = [
    ("a", "b", 0.10, False),
    ("c", "b", 0.05, False),
    ("d", "b", np.nan, False),
    ("a", "c", 0.80, True),
    ("b", "c", 0.40, False),
    ("d", "c", 0.60, False),
    ("a", "d", 0.70, False),
    ("b", "d", 0.90, False),
    ("c", "d", 0.20, False),
    ("b", "a", 0.30, False),
    ("c", "a", np.nan, False),
    ("d", "a", np.nan, False),
]


def hand_table() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["src_func", "dst_func", "score", "has_edge"])


def test_hand_computed_filtered():
    result = evaluate_against(
        hand_table(), [("b", "c"), ("c", "d")], known_edges=[("b", "d")], top_k=(1, 2)
    )
    # b->c: only d->c competes, rank 2. c->d: only a->d competes (b->d is known), rank 2.
    assert result["mrr"] == 0.5
    assert (result["top@1"], result["top@2"]) == (0.0, 1.0)
    assert (result["n_positives"], result["n_negatives"], result["n_missing"]) == (2, 8, 0)
    # Against .1 .05 nan .6 .7 .3 nan nan: 0.4 wins 6 of 8, 0.2 wins 5 of 8.
    assert result["auc"] == pytest.approx(11 / 16)


def test_hand_computed_by_the_definition_of_the_reference():
    positives = [("b", "c"), ("c", "d")]
    result = evaluate_against(
        hand_table(), positives, known_edges=[("b", "d")], top_k=(2, 3), filtered=False
    )
    # b->c: behind a->c (edge) and d->c, rank 3. c->d: behind b->d and a->d, rank 3. b->d now counts
    # as false.
    assert result["mrr"] == pytest.approx(1 / 3)
    assert (result["top@2"], result["top@3"]) == (0.0, 1.0)
    assert result["n_negatives"] == 9
    assert result["auc"] == pytest.approx(11 / 18)


def test_the_ranks_behind_the_summary():
    ranking, summary = evaluate_target_ranking(
        hand_table(), [("d", "b"), ("a", "b"), ("c", "a")], top_k=(1,)
    )
    assert ranking[["src_func", "dst_func"]].to_numpy().tolist() == [
        ["a", "b"],
        ["c", "a"],
        ["d", "b"],
    ]
    assert ranking["rank"].tolist() == [1.0, 2.5, 2.0]
    assert (ranking["best_rank"].tolist(), ranking["worst_rank"].tolist()) == ([1, 2, 2], [1, 3, 2])
    assert summary == {"mrr": pytest.approx((1 + 0.4 + 0.5) / 3), "top@1": pytest.approx(1 / 3)}


def test_ranking_by_another_column():
    table = hand_table().assign(other=lambda frame: -frame["score"])
    ranking, _ = evaluate_target_ranking(table, [("b", "c")], score_col="other")
    assert ranking["rank"].tolist() == [1.0]


def test_a_missing_pair_counts_as_ranked_last():
    table = hand_table()
    cut = table[~((table["src_func"] == "b") & (table["dst_func"] == "c"))]
    result = evaluate_against(cut, [("b", "c"), ("b", "d")], top_k=(1,))
    assert (result["n_positives"], result["n_missing"], result["n_negatives"]) == (2, 1, 9)
    assert result["mrr"] == 0.5
    assert result["auc"] == pytest.approx((9 + 0) / 18)


def test_every_positive_missing():
    table = hand_table().iloc[3:]
    result = evaluate_against(table, [("c", "b"), ("a", "b")], top_k=(1,))
    assert (result["n_missing"], result["mrr"], result["auc"], result["top@1"]) == (
        2,
        0.0,
        0.0,
        0.0,
    )


def test_a_node_with_itself_is_no_negative():
    loops = pd.DataFrame(
        [("a", "a", 5.0, False), ("d", "d", 5.0, False)], columns=hand_table().columns
    )
    with_loops = pd.concat([hand_table(), loops])
    for filtered in (True, False):
        expected = evaluate_against(hand_table(), [("c", "d")], filtered=filtered)
        assert evaluate_against(with_loops, [("c", "d")], filtered=filtered) == expected


def test_positives_may_come_as_a_table_and_repeat():
    frame = pd.DataFrame({"source": ["b", "b", "c"], "target": ["c", "c", "d"], "sign": 1})
    assert evaluate_against(hand_table(), frame) == evaluate_against(
        hand_table(), {("b", "c"), ("c", "d")}
    )


def test_known_edges_may_list_the_positives_too():
    positives = [("b", "c")]
    assert evaluate_against(
        hand_table(), positives, known_edges=[("b", "d"), ("b", "c")]
    ) == evaluate_against(hand_table(), positives, known_edges=[("b", "d")])


@pytest.mark.parametrize(
    ("positives", "options", "error", "message"),
    [
        ([], {}, TableError, "positive_edges is empty"),
        (
            [("B", "c")],
            {},
            TableError,
            r"`positive_edges` are not in the table: 'B' \(close: 'b'\)",
        ),
        (
            [("b", "c")],
            {"known_edges": [("x1", "c")]},
            TableError,
            "`known_edges` are not in the table: 'x1'",
        ),
        ([("a", "c")], {}, TableError, "edges of the graph that the scorer saw: "),
        (["bc"], {}, TableError, r"a pair \(source, target\), got 'bc'"),
        ([("b", "c", "d")], {}, TableError, "a pair"),
        (pd.DataFrame({"from": ["b"], "target": ["c"]}), {}, TableError, "lacks 'source'"),
        ([("b", "c")], {"top_k": (0,)}, ConfigError, "top_k must be a positive integer, got 0"),
    ],
)
def test_wrong_questions_are_refused(positives, options, error, message):
    with pytest.raises(error, match=message):
        evaluate_against(hand_table(), positives, **options)


def test_a_repeated_row_is_refused():
    with pytest.raises(TableError, match="1 rows repeat a pair, first: 'a' -> 'b'"):
        evaluate_against(pd.concat([hand_table(), hand_table().head(1)]), [("b", "c")])


def test_a_missing_column_is_refused():
    with pytest.raises(TableError, match="lacks 'has_edge'"):
        evaluate_against(hand_table().drop(columns="has_edge"), [("b", "c")])


@st.composite
def tables(draw):
    """A complete table on five names with few distinct scores, some edges, and disjoint positive
    and known edges.
    """
    names = ["a", "b", "c", "d", "e"]
    pairs = [(source, target) for source in names for target in names if source != target]
    values = st.sampled_from([0.0, 0.25, 0.5, 1.0, np.nan, -np.inf])
    role = draw(
        st.lists(st.sampled_from("npkx"), min_size=len(pairs), max_size=len(pairs)).filter(
            lambda r: "p" in r
        )
    )
    table = pd.DataFrame(pairs, columns=["src_func", "dst_func"])
    table["score"] = draw(st.lists(values, min_size=len(pairs), max_size=len(pairs)))
    table["has_edge"] = [r == "x" for r in role]
    positives = [pair for pair, r in zip(pairs, role, strict=True) if r == "p"]
    known = [pair for pair, r in zip(pairs, role, strict=True) if r == "k"]
    return table, positives, known


def by_loops(table, positives, known, filtered):
    score = {(row.src_func, row.dst_func): row.score for row in table.itertuples()}
    score = {pair: -1e9 if np.isnan(value) else max(value, -1e8) for pair, value in score.items()}
    edges = {(row.src_func, row.dst_func) for row in table.itertuples() if row.has_edge}
    negatives = [
        p for p in score if p not in edges and p not in positives and not (filtered and p in known)
    ]
    reciprocal = []
    for pair in positives:
        pool = negatives if filtered else score
        rivals = [score[p] for p in pool if p[1] == pair[1] and p != pair]
        rank = 1 + sum(r > score[pair] for r in rivals) + sum(r == score[pair] for r in rivals) / 2
        reciprocal.append(1 / rank)
    truth = [True] * len(positives) + [False] * len(negatives)
    value = [score[p] for p in positives] + [score[p] for p in negatives]
    return {
        "mrr": np.mean(reciprocal),
        "auc": roc_auc_score(truth, value) if negatives else np.nan,
        "auprc": average_precision_score(truth, value),
    }


@settings(max_examples=25)
@given(tables(), st.booleans())
def test_agrees_with_loops_and_scikit_learn(drawn, filtered):
    table, positives, known = drawn
    result = evaluate_against(table, positives, known_edges=known, filtered=filtered)
    for name, expected in by_loops(table, positives, known, filtered).items():
        assert result[name] == pytest.approx(expected, nan_ok=True), name


@settings(max_examples=20)
@given(tables(), st.randoms(use_true_random=False), st.booleans())
def test_rows_names_shift_and_scale_change_nothing(drawn, random, filtered):
    table, positives, known = drawn
    expected = evaluate_against(table, positives, known_edges=known, filtered=filtered)
    order = random.sample(range(len(table)), len(table))
    new_name = dict(zip("abcde", random.sample("vwxyz", 5), strict=True))
    other = table.iloc[order].assign(
        score=lambda frame: 8 * frame["score"] + 3,
        src_func=lambda frame: frame["src_func"].map(new_name).astype("category"),
        dst_func=lambda frame: frame["dst_func"].map(new_name).astype("category"),
    )
    renamed = [
        [(new_name[source], new_name[target]) for source, target in edges]
        for edges in (positives, known)
    ]
    result = evaluate_against(other, renamed[0], known_edges=renamed[1], filtered=filtered)
    assert result == pytest.approx(expected, nan_ok=True)


def test_a_constant_score_is_worth_nothing():
    table = hand_table().assign(score=1.0, has_edge=False)
    result = evaluate_against(table, [("b", "c"), ("a", "d")])
    assert result["auc"] == 0.5
    assert result["auprc"] == pytest.approx(2 / 12)
    assert result["early_precision_ratio"] == pytest.approx(1)
    assert result["mrr"] == pytest.approx(1 / 2), "rank 2 of 3 is the middle"
