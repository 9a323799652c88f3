"""Tables to a graph: hand cases, and every rule at the door with its offender and its cure."""

import sys

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import GraphError
from edgelab.graphs import (
    FUNCTION_EDGES,
    INPUT_EDGES,
    OUTPUT_EDGES,
    build_graph,
    edges_of,
)
from edgelab.graphs._edge_tables import check_names

CHAIN = [("Raf", "Mek"), ("Mek", "Erk")]
NAMES = st.sampled_from(["A", "B", "C", "D", "E", "µ-TOR", "NA", "nan"])


def build(edges=CHAIN, input_edges=(("EGF", "Raf"),), output_edges=(("Erk", "pErk"),), **options):
    return build_graph(
        edges, input_edges=list(input_edges), output_edges=list(output_edges), **options
    )


def refuse(*parts, **arguments):
    """The graph must be refused with a message that holds every part."""
    with pytest.raises(GraphError) as caught:
        build(**arguments)
    for part in parts:
        assert part in str(caught.value)


def test_ids_follow_the_order_of_first_appearance():
    data = build(
        [("b", "a"), ("a", "c")], [("drug", "b"), ("drug", "d")], [("c", "read"), ("a", "read")]
    )
    assert data["function"].node_names == ["b", "a", "c", "d"]
    assert data["function"].num_nodes == 4
    assert data["input"].node_names == ["drug"]
    assert data.node_names_dict["output"] == ["read"]
    assert data[FUNCTION_EDGES].edge_index.tolist() == [[0, 1], [1, 2]]
    assert data[INPUT_EDGES].edge_index.tolist() == [[0, 0], [0, 3]]
    assert data[OUTPUT_EDGES].edge_index.tolist() == [[2, 1], [0, 0]]
    assert data[FUNCTION_EDGES].edge_index.dtype == torch.int64
    assert "sign" not in data[FUNCTION_EDGES]
    assert data.validate()


def test_lists_give_the_order_and_isolated_nodes():
    data = build(
        functions=["Erk", "alone", "Mek", "Raf"], inputs=["idle", "EGF"], outputs=["pErk", "pAlone"]
    )
    assert data["function"].node_names == ["Erk", "alone", "Mek", "Raf"]
    assert data[FUNCTION_EDGES].edge_index.tolist() == [[3, 2], [2, 0]]
    assert data[INPUT_EDGES].edge_index.tolist() == [[1], [3]]
    assert data["input"].num_nodes == data["output"].num_nodes == 2


def test_empty_tables_give_edge_indices_of_two_rows():
    data = build([], [], [], functions=["A"])
    for kind in (FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES):
        assert data[kind].edge_index.shape == (2, 0)
    assert build(pd.DataFrame(columns=["source", "target", "sign"]))[FUNCTION_EDGES].sign.shape == (
        0,
    )


def test_signs_and_weights_are_taken_where_given():
    edges = pd.DataFrame({"source": ["A", "B", "C"], "target": ["B", "C", "A"]})
    edges["sign"], edges["weight"], edges["pmid"] = ["activates", -1, None], [0.5, 2, -1], [1, 2, 3]
    data = build(edges, [("x", "A")], [("C", "y")])
    assert data[FUNCTION_EDGES].sign.tolist() == [1, -1, 0]
    assert data[FUNCTION_EDGES].sign.dtype == torch.int8
    assert data[FUNCTION_EDGES].weight.tolist() == [0.5, 2, -1]
    assert data[FUNCTION_EDGES].weight.dtype == torch.float32
    assert "pmid" not in data[FUNCTION_EDGES]
    assert "sign" not in data[INPUT_EDGES]


def test_the_callers_table_and_its_index_are_left_alone():
    edges = pd.DataFrame(
        {"source": ["A", "B"], "target": ["B", "C"], "sign": [1, -1]}, index=[7, 3]
    )
    before = edges.copy()
    data = build(edges, [("x", "A")], [("C", "y")])
    pd.testing.assert_frame_equal(edges, before)
    assert data[FUNCTION_EDGES].edge_index.tolist() == [[0, 1], [1, 2]]


def test_categories_and_sets_are_welcome():
    table = pd.DataFrame(CHAIN, columns=["source", "target"])
    assert build(table.astype("category"))[FUNCTION_EDGES].edge_index.tolist() == [[0, 1], [1, 2]]
    assert build({("b", "c"), ("a", "b")}, [("x", "a")], [("c", "y")])["function"].node_names == [
        "a",
        "b",
        "c",
    ]


def test_an_input_a_function_and_an_output_may_share_a_name():
    data = build([("Akt", "Mek")], [("Akt", "Akt")], [("Akt", "Akt"), ("Mek", "Mek")])
    assert [data[kind].node_names for kind in ("input", "function", "output")] == [
        ["Akt"],
        ["Akt", "Mek"],
        ["Akt", "Mek"],
    ]


def test_unknown_names_are_named_with_close_ones():
    known = ["Raf", "Mek", "Erk"]
    refuse(
        "edges",
        "'Mek' -> 'Erk1'",
        "close: 'Erk'",
        "`functions`",
        edges=[("Mek", "Erk1")],
        functions=known,
    )
    refuse(
        "input_edges",
        "'EGF' -> 'raf1'",
        "close: 'Raf'",
        input_edges=[("EGF", "raf1")],
        functions=known,
    )
    refuse(
        "output_edges",
        "'Jnk' -> 'pJnk'",
        "no close match",
        output_edges=[("Jnk", "pJnk")],
        functions=known,
    )
    refuse("`inputs`", "close: 'EGFR'", inputs=["EGFR"])
    refuse("`outputs`", "close: 'p-Erk'", outputs=["p-Erk"])


@pytest.mark.parametrize("functions", [None, ["Raf", "Mek", "Erk"]])
def test_edges_that_run_the_wrong_way_are_refused(functions):
    refuse(
        "'Mek' -> 'EGF'",
        "into the input 'EGF'",
        "turn it round",
        edges=[*CHAIN, ("Mek", "EGF")],
        functions=functions,
    )
    refuse(
        "'pErk' -> 'Raf'",
        "at the output 'pErk'",
        edges=[*CHAIN, ("pErk", "Raf")],
        functions=functions,
    )
    refuse(
        "'EGF' -> 'Raf'",
        "at the input 'EGF'",
        "right table",
        edges=[*CHAIN, ("EGF", "Raf")],
        functions=functions,
    )
    refuse(
        "'EGF' -> 'pErk'",
        "into the output",
        input_edges=[("EGF", "Raf"), ("EGF", "pErk")],
        functions=functions,
    )
    refuse(
        "'pErk' -> 'Erk'",
        "at the output",
        output_edges=[("Erk", "pErk"), ("pErk", "Erk")],
        functions=functions,
    )
    refuse(
        "'Raf' -> 'EGF'",
        "into the input",
        input_edges=[("EGF", "Raf"), ("Raf", "EGF")],
        functions=functions,
    )


def test_a_reversed_table_is_refused_when_the_functions_are_listed():
    refuse(
        "'Raf' -> 'EGF'",
        "input_edges",
        input_edges=[("Raf", "EGF")],
        functions=["Raf", "Mek", "Erk"],
    )


def test_a_doubtful_namesake_passes_once_listed():
    edges = [*CHAIN, ("Mek", "EGF")]
    refuse("If a function of that name is meant", edges=edges)
    assert "EGF" in build(edges, functions=["Raf", "Mek", "Erk", "EGF"])["function"].node_names


def test_duplicates_are_listed_or_dropped():
    edges = [*CHAIN, CHAIN[0]]
    refuse("'Raf' -> 'Mek'", "more than once", "on_duplicate='drop'", edges=edges)
    refuse("input_edges", "'EGF' -> 'Raf'", input_edges=[("EGF", "Raf")] * 3)
    assert build(edges, on_duplicate="drop")[FUNCTION_EDGES].edge_index.tolist() == [[0, 1], [1, 2]]


def test_contradicting_duplicates_are_never_dropped():
    edges = pd.DataFrame({"source": ["A", "A", "A"], "target": ["B", "B", "B"], "sign": [1, 1, -1]})
    refuse("contradict", "'A' -> 'B'", edges=edges, on_duplicate="drop")
    assert build(edges[:2], [], [], on_duplicate="drop")[FUNCTION_EDGES].sign.tolist() == [1]


def test_self_loops_are_refused():
    refuse("'Mek' -> 'Mek'", "to itself", "Remove", edges=[*CHAIN, ("Mek", "Mek")])


def test_a_graph_needs_a_function():
    refuse("no function", edges=[], input_edges=[], output_edges=[])
    refuse("no function", edges=[], input_edges=[], output_edges=[], functions=[])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        (pd.NA, "missing"),
        ("", "blank"),
        ("  ", "blank"),
        (5, "text"),
        ("Mek ", "Strip"),
    ],
)
def test_names_must_be_clean_text(name, part):
    table = pd.DataFrame(
        {"source": pd.Series(["Raf", name], dtype=object), "target": ["Erk", "Raf"]}
    )
    refuse("edges, column 'source'", part, edges=table)
    with pytest.raises(GraphError, match=f"functions: .*{part}"):
        check_names(pd.Series(["Raf", name], dtype=object), "functions")


def test_lists_of_names_have_no_copies_and_are_lists():
    refuse("functions", "'Raf'", "more than once", functions=["Raf", "Raf", "Mek", "Erk"])
    refuse("['EGF']", inputs="EGF")


@pytest.mark.parametrize("sign", [2, 0.5, "maybe", False, -1.5])
def test_signs_out_of_range_are_refused(sign):
    table = pd.DataFrame(
        {
            "source": ["Raf", "Mek"],
            "target": ["Mek", "Erk"],
            "sign": pd.Series([1, sign], dtype=object),
        }
    )
    refuse("sign", repr(sign), "inhibits", edges=table)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), "heavy", None, 1e300])
@pytest.mark.filterwarnings("ignore:overflow")
def test_weights_that_are_not_finite_are_refused(weight):
    table = pd.DataFrame(
        {
            "source": ["Raf", "Mek"],
            "target": ["Mek", "Erk"],
            "weight": pd.Series([1, weight], dtype=object),
        }
    )
    refuse("weight", "finite", "rows 1", edges=table)


def test_tables_without_the_right_columns_are_refused():
    table = pd.DataFrame(CHAIN, columns=["source", "target"])
    refuse("'from'", "rename", edges=table.rename(columns={"source": "from"}))
    refuse("'Sign'", "rename", edges=table.assign(Sign=1))
    refuse("several", "'target'", edges=pd.concat([table, table[["target"]]], axis=1))
    refuse("pair", "'Raf'", edges=["Raf", "Mek"])
    refuse("pair", "DataFrame", edges=[("Raf", "Mek", "+")])


@settings(max_examples=30)
@given(st.sets(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1])), st.randoms())
def test_names_survive_the_way_through_ids(pairs, random):
    listed = sorted(pairs)
    random.shuffle(listed)
    data = build(listed, [], [], functions=["A", "B", "C", "D", "E", "µ-TOR", "NA", "nan"])
    table = edges_of(data)
    assert list(zip(table["source"], table["target"], strict=True)) == listed


def lines_run(function, *arguments):
    """How many lines of edgelab a call runs, every turn of a loop counted."""
    count, outer = 0, sys.gettrace()

    def trace(frame, event, argument):
        nonlocal count
        if not frame.f_globals.get("__name__", "").startswith("edgelab."):
            return None
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(outer)
    return count


def test_more_edges_need_no_more_lines_of_python():
    # A loop over the edges would make a million of them slow. It is counted, for a clock would
    # depend on the machine.
    names = [f"g{i}" for i in range(40)]
    # Ring after ring: the first holds every name already.
    pairs = [(names[i - step], names[i]) for step in range(1, 40) for i in range(40)]
    edges = pd.DataFrame(pairs, columns=["source", "target"])
    edges["sign"], edges["weight"] = 1, 0.5

    def build_first(number):
        build(edges.head(number), [("x", "g0")], [("g1", "y")], functions=names)

    build_first(10)  # what is loaded on first use
    assert lines_run(build_first, 80) == lines_run(build_first, len(edges)) > 0
