import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from edgelab.datasets import convergence_graph
from edgelab.errors import ConfigError, TableError
from edgelab.graphs import build_graph, function_adjacency, function_names
from edgelab.report import plot_candidates
from edgelab.report._style import CANDIDATE_COLOURS, GREY_LINE
from edgelab.report.network import MAX_FUNCTIONS
from edgelab.table import COLUMNS


def network(names, edges):
    return build_graph(
        edges,
        input_edges=[("drug", name) for name in names],
        output_edges=[(n, n) for n in names],
        functions=names,
    )


def table_of(data, score) -> pd.DataFrame:
    names, adjacency = np.array(function_names(data)), function_adjacency(data)
    source, target = np.nonzero(~np.eye(len(names), dtype=bool))
    pair_score = score[source, target]
    columns = (
        names[source], names[target], source, target, pair_score, adjacency[source, target],
        1 - pair_score, 1 - pair_score,
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def arrows(figure) -> list[FancyArrowPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def test_prior_edges_are_grey_and_candidates_coloured():
    data = network(["a", "b", "c"], [("a", "b"), ("b", "c")])
    score = np.array([[0, 0.1, 0.9], [0.5, 0, 0.1], [0.2, 0.3, 0]])
    figure = plot_candidates(table_of(data, score), data, top=2)
    figure.draw_without_rendering()
    colours = [to_hex(arrow.get_edgecolor()).upper() for arrow in arrows(figure)]
    assert sorted(colours) == sorted(
        [GREY_LINE, GREY_LINE, *(to_hex(CANDIDATE_COLOURS(level)).upper() for level in (0.0, 1.0))]
    )
    assert figure.axes[1].get_xlabel() == "Best 2 candidate edges: score"
    assert figure.axes[1].get_xlim() == (0.5, 0.9)
    figure = plot_candidates(table_of(data, score), data, top=2, colour_by="q_value")
    assert figure.axes[1].get_xlim() == pytest.approx((-np.log10(0.5), 1.0))


def test_inhibition_ends_in_a_bar():
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "sign": [-1, 1]})
    data = network(["a", "b", "c"], edges)
    figure = plot_candidates(table_of(data, np.full((3, 3), 0.5)), data, top=1)
    styles = [type(arrow.get_arrowstyle()).__name__ for arrow in arrows(figure)]
    assert sorted(styles) == ["BarAB", "CurveFilledB", "CurveFilledB"]


def test_the_picture_does_not_depend_on_the_order_of_nodes_or_rows():
    rng = np.random.default_rng(0)
    names = [f"p{i}" for i in range(11)]
    edges = [
        ("p0", "p1"),
        ("p1", "p2"),
        ("p2", "p3"),
        ("p3", "p4"),
        ("p4", "p5"),
        ("p5", "p6"),
        ("p0", "p7"),
    ]
    first = network(names, edges)
    score = rng.random((11, 11))
    order = rng.permutation(11)
    second = network([names[i] for i in order], [edges[i] for i in rng.permutation(7)])
    tables = (
        table_of(first, score),
        table_of(second, score[np.ix_(order, order)]).sample(frac=1, random_state=0),
    )
    pictures = [
        plot_candidates(table, data)
        for table, data in zip(tables, (first, second), strict=True)
    ]  # fmt: skip
    places = [
        {text.get_text(): text.get_position() for text in figure.axes[0].texts}
        for figure in pictures
    ]
    assert places[0] == places[1]


def test_fifty_functions_fit(check_fits):
    graph = convergence_graph(25)
    data = build_graph(
        graph.kept_edges,
        input_edges=graph.input_edges,
        output_edges=graph.output_edges,
        functions=graph.functions,
    )
    figure = plot_candidates(
        table_of(data, np.random.default_rng(0).random((50, 50))), data, top=25
    )
    assert len(figure.axes[0].texts) == 50
    assert len(arrows(figure)) == 25 + len(graph.kept_edges)
    assert figure.get_size_inches().max() < 15
    check_fits(figure)


def test_large_networks_are_reduced_to_the_neighbourhood():
    n = 80
    names = [f"g{i}" for i in range(n)]
    # g2 stands between the ends of the only candidate, g0 -> g1; g3 touches one end only.
    data = network(
        names,
        [
            ("g0", "g2"),
            ("g2", "g1"),
            ("g0", "g3"),
            *((f"g{i}", f"g{i + 1}") for i in range(10, 70)),
        ],
    )
    score = np.zeros((n, n))
    score[0, 1] = 0.9
    figure = plot_candidates(table_of(data, score), data, top=1)
    assert {text.get_text() for text in figure.axes[0].texts} == {"g0", "g1", "g2"}
    crowded = plot_candidates(table_of(data, np.random.default_rng(0).random((n, n))), data, top=25)
    assert len(crowded.axes[0].texts) <= MAX_FUNCTIONS


def test_equal_scores_and_names_with_dollars(check_fits):
    data = network(["$a", "b$", "c" * 30], [("$a", "b$")])
    figure = plot_candidates(table_of(data, np.full((3, 3), 0.5)), data)
    check_fits(figure)
    assert {"$a", "b$", "c" * 15 + "…"} == {text.get_text() for text in figure.axes[0].texts}


def test_bad_input():
    data = network(["a", "b"], [("a", "b")])
    table = table_of(data, np.full((2, 2), 0.5))
    with pytest.raises(ConfigError, match="top must be a positive integer"):
        plot_candidates(table, data, top=0)
    with pytest.raises(TableError, match="finite q_value"):
        plot_candidates(table.assign(q_value=np.nan), data, colour_by="q_value")
    with pytest.raises(TableError, match="none of the 2 rows is a candidate"):
        plot_candidates(table.assign(score=np.nan), data)
    with pytest.raises(TableError, match="none of the 0 rows"):
        plot_candidates(table.iloc[:0], data)
    with pytest.raises(TableError, match="lacks 'q_value'"):
        plot_candidates(table.drop(columns="q_value"), data)
