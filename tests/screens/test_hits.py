"""Which functions an intervention acts on."""

import numpy as np
import pandas as pd

from edgelab.graphs import build_graph
from edgelab.screens import hits
from edgelab.screens._hits import directions


def graph(**columns):
    edges = pd.DataFrame({"source": ["drug", "dye", "dye"], "target": ["a", "a", "b"], **columns})
    return build_graph(
        [("a", "b")],
        input_edges=edges,
        output_edges=[("b", "level")],
        functions=["a", "b"],
        inputs=["drug", "dye"],
    )


X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -0.5], [1.0, 2.0]])


def test_an_input_that_is_on_hits_the_functions_it_has_an_edge_to():
    expected = [[False, False], [True, False], [True, True], [True, True]]
    assert hits(graph(), X).tolist() == expected


def test_directions_are_those_of_the_signs_and_doses():
    nan = np.nan
    # The drug lowers a, the dye raises a and b; drug and dye together pull a both ways.
    expected = [[nan, nan], [-1.0, nan], [-1.0, -1.0], [nan, 1.0]]
    np.testing.assert_array_equal(directions(graph(sign=[-1, 1, 1]), X), expected)


def test_without_signs_no_direction_is_known():
    assert np.isnan(directions(graph(), X)).all()
    assert np.isnan(directions(graph(sign=[0, 0, 0]), X)).all()
