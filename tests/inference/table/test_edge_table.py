import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import ConfigError, GraphError, TableError
from edgelab.evaluation import _false_discovery as false_discovery
from edgelab.evaluation import bh_qvalues
from edgelab.inference import PairSpace, RawScores, edge_table
from edgelab.inference.table import _columns as columns
from edgelab.inference.table._edge_table import best_per_target
from edgelab.table import COLUMNS, check_edge_table

NAMES = ("mek", "akt", "raf", "erk")
EDGES = np.array([[2, 0], [0, 3]])  # raf -> mek, mek -> erk


def functions() -> PairSpace:
    return PairSpace(NAMES, NAMES, EDGES, same_nodes=True)


def block_of(score, p_value=None, **extras):
    def block(targets):
        return RawScores(
            score=score[:, targets],
            p_value=None if p_value is None else p_value[:, targets],
            extras={name: matrix[:, targets] for name, matrix in extras.items()},
        )

    return block


def hand_scores():
    score = np.array(
        [[9.0, 0.5, np.nan, 0.9], [0.5, 9.0, 0.1, 0.2], [0.8, 0.4, 9.0, 0.3], [0.2, 0.5, 0.6, 9.0]]
    )
    return score, np.where(np.isnan(score), np.nan, 1 / (1 + score))


def test_hand_computed_table():
    score, p_value = hand_scores()
    table = edge_table(block_of(score, p_value, sign=np.sign(score)), functions())
    check_edge_table(table)
    assert list(table.columns) == [*COLUMNS, "sign"]
    pairs = (table["src_func"].astype(str) + table["dst_func"].astype(str)).tolist()
    assert pairs == [
        *("mekerk", "rafmek", "erkraf", "aktmek", "erkakt", "mekakt"),
        *("rafakt", "raferk", "akterk", "erkmek", "aktraf", "mekraf"),
    ]
    assert table["has_edge"].tolist() == [True, True] + [False] * 10
    assert table.loc[2, ["src_idx", "dst_idx", "score"]].tolist() == [3, 2, 0.6]
    assert table["q_value"].isna().tolist() == [True, True] + [False] * 9 + [True]
    np.testing.assert_allclose(
        table["q_value"][2:11], bh_qvalues(table["p_value"][2:11].to_numpy())
    )


def test_the_whole_table_may_be_the_family():
    score, p_value = hand_scores()
    table = edge_table(block_of(score, p_value), functions(), exclude_self=False, q_family="all")
    np.testing.assert_allclose(table["q_value"], bh_qvalues(table["p_value"].to_numpy()))
    assert len(table) == 16
    candidates = edge_table(block_of(score, p_value), functions(), exclude_self=False)
    assert candidates.loc[candidates["src_idx"] == candidates["dst_idx"], "q_value"].isna().all()


def test_a_scorer_without_a_test_leaves_p_and_q_empty():
    table = edge_table(block_of(hand_scores()[0]), functions())
    assert table[["p_value", "q_value"]].isna().all(axis=None)


def test_tensors_are_as_good_as_arrays():
    score, p_value = hand_scores()
    tensors = block_of(torch.from_numpy(score).requires_grad_(), torch.from_numpy(p_value))
    pd.testing.assert_frame_equal(
        edge_table(tensors, functions()), edge_table(block_of(score, p_value), functions())
    )


def test_sources_and_targets_may_be_different_nodes():
    pairs = PairSpace(
        ("drug", "mek"), ("mek", "akt", "raf"), np.array([[0], [1]]), same_nodes=False
    )
    table = edge_table(block_of(np.arange(6.0).reshape(2, 3)), pairs)
    assert len(table) == 6, "an input and a function that share a name are two nodes"
    assert table["src_func"].tolist()[:3] == ["mek"] * 3
    assert table.loc[table["has_edge"], ["src_func", "dst_func"]].to_numpy().tolist() == [
        ["drug", "akt"]
    ]


@st.composite
def problems(draw):
    n_nodes = draw(st.integers(2, 7))
    names = tuple(draw(st.permutations([f"g{i}" for i in range(n_nodes)])))
    cells = st.sampled_from([0.0, 0.5, 0.5, 1.0, -1.0, np.nan, -np.inf])
    flat = st.lists(cells, min_size=n_nodes**2, max_size=n_nodes**2)
    p_cells = st.lists(
        st.sampled_from([0.0, 0.01, 0.2, 1.0, np.nan]), min_size=n_nodes**2, max_size=n_nodes**2
    )
    score, p_value = (np.array(draw(kind)).reshape(n_nodes, n_nodes) for kind in (flat, p_cells))
    edge = np.array(
        draw(st.lists(st.booleans(), min_size=n_nodes**2, max_size=n_nodes**2))
    ).reshape(n_nodes, n_nodes)
    np.fill_diagonal(edge, False)
    return names, score, p_value, edge


def space(names, edge):
    return PairSpace(tuple(names), tuple(names), np.stack(np.nonzero(edge)), same_nodes=True)


@settings(max_examples=60)
@given(problems(), st.integers(1, 5), st.integers(1, 20), st.sampled_from(["candidates", "all"]))
def test_top_is_the_head_of_every_target_in_the_full_table(problem, top, block_entries, q_family):
    names, score, p_value, edge = problem
    pairs = space(names, edge)
    full = edge_table(block_of(score, p_value), pairs, q_family=q_family)
    candidates = full[~full["has_edge"] & full["score"].notna()]
    expected = candidates[
        candidates.groupby("dst_func", observed=True).cumcount() < top
    ].reset_index(drop=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_ENTRIES", block_entries)
        patch.setattr(false_discovery, "CHUNK", 3)
        table = edge_table(block_of(score, p_value), pairs, q_family=q_family, top=top)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-12)


@settings(max_examples=60)
@given(problems(), st.randoms(use_true_random=False), st.sampled_from([None, 1, 2]))
def test_the_order_of_the_nodes_changes_nothing_but_the_ids(problem, random, top):
    names, score, p_value, edge = problem
    order = random.sample(range(len(names)), len(names))
    there = np.ix_(order, order)
    table = edge_table(block_of(score, p_value), space(names, edge), top=top)
    other = edge_table(
        block_of(score[there], p_value[there]),
        space([names[i] for i in order], edge[there]),
        top=top,
    )
    shown = [column for column in COLUMNS if column not in ("src_idx", "dst_idx")]
    text = {"src_func": str, "dst_func": str}
    pd.testing.assert_frame_equal(table[shown].astype(text), other[shown].astype(text))


@given(problems(), st.integers(1, 8))
def test_best_per_target_marks_the_first_of_the_largest(problem, n_best):
    score = problem[1]
    chosen = best_per_target(score, n_best)
    for column, marked in zip(score.T, chosen.T, strict=True):
        ranked = sorted(np.flatnonzero(~np.isnan(column)), key=lambda row: -column[row])
        assert sorted(ranked[:n_best]) == np.flatnonzero(marked).tolist()


@pytest.mark.parametrize("top", [None, 3])
def test_no_targets_make_an_empty_table(top):
    pairs = PairSpace(NAMES, (), np.empty((2, 0), dtype=int), same_nodes=False)
    table = edge_table(block_of(np.empty((4, 0)), np.empty((4, 0))), pairs, top=top)
    assert (len(table), list(table.columns)) == (0, list(COLUMNS))


@pytest.mark.parametrize("options", [{"top": 0}, {"top": -3}, {"top": 2.5}, {"q_family": "edges"}])
def test_options_out_of_range_are_refused(wrong_types, options):
    with pytest.raises(ConfigError, match="must be"):
        edge_table(block_of(hand_scores()[0]), functions(), **options)


def test_scores_of_the_wrong_shape_are_refused():
    with pytest.raises(TableError, match=r"shape \(3, 4\), \(4, 4\)"):
        edge_table(block_of(np.zeros((3, 4))), functions())


def test_raw_scores_refuse_unequal_shapes_and_fixed_names(wrong_types):
    with pytest.raises(TableError, match="'sign' has shape"):
        RawScores(score=np.zeros((2, 2)), extras={"sign": np.zeros((2, 3))})
    with pytest.raises(TableError, match="must not be called 'q_value'"):
        RawScores(score=np.zeros((2, 2)), extras={"q_value": np.zeros((2, 2))})


@pytest.mark.parametrize(
    ("sources", "targets", "edges", "same", "message"),
    [
        (("a", "a"), ("b",), [[0], [0]], False, "names nodes twice: 'a'"),
        (("a", "b"), ("b", "a"), [[0], [0]], True, "needs equal"),
        (("a",), ("b",), [[1], [0]], False, "points outside"),
        (("a",), ("b",), [[0], [-1]], False, "points outside"),
    ],
)
def test_pair_spaces_that_contradict_themselves_are_refused(sources, targets, edges, same, message):
    with pytest.raises(GraphError, match=message):
        PairSpace(sources, targets, np.array(edges), same_nodes=same)


def test_a_family_keeps_what_was_tested():
    store = columns.PValueStore(4)
    assert store.values().size == 0
    store.add(np.array([0.1, np.nan]))
    store.add(np.array([0.7]))
    assert store.values().tolist() == [0.1, 0.7]


def test_blocks_cover_every_target_once(monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_ENTRIES", 9)  # two columns of four sources
    blocks = columns.scored_blocks(block_of(hand_scores()[0]), functions())
    assert [targets for targets, _ in blocks] == [slice(0, 2), slice(2, 4)]
