"""Counts, and who cannot take part."""

from edgelab.graphs import build_graph, graph_summary


def test_counts_and_functions_outside():
    data = build_graph(
        [("a", "b"), ("c", "b"), ("a", "d")],
        input_edges=[("in", "a"), ("in", "d")],
        output_edges=[("b", "out")],
        functions=["a", "b", "c", "d", "alone"],
    )
    summary = graph_summary(data)
    assert (summary.n_inputs, summary.n_functions, summary.n_outputs) == (1, 5, 1)
    assert (summary.n_input_edges, summary.n_function_edges, summary.n_output_edges) == (2, 3, 1)
    assert summary.not_reached == ("c", "alone")
    assert summary.not_read == ("d", "alone")
    assert "2 functions that reach no output: 'd', 'alone'" in str(summary)


def test_a_graph_without_trouble_has_two_lines():
    data = build_graph([("a", "b")], input_edges=[("in", "a")], output_edges=[("b", "out")])
    assert str(graph_summary(data)).count("\n") == 1
