"""Tables to a graph: hand cases and every rule at the door."""

import pandas as pd
import pytest
import torch

from edgelab.errors import GraphError
from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES, build_graph


def test_ids_follow_the_order_of_first_appearance():
    data = build_graph(
        [("b", "a"), ("a", "c")], input_edges=[("drug", "b"), ("drug", "d")], output_edges=[("c", "read")]
    )
    assert data["function"].node_names == ["b", "a", "c", "d"]
    assert data["function"].num_nodes == 4
    assert data[FUNCTION_EDGES].edge_index.tolist() == [[0, 1], [1, 2]]
    assert data[INPUT_EDGES].edge_index.tolist() == [[0, 0], [0, 3]]
    assert data[OUTPUT_EDGES].edge_index.tolist() == [[2], [0]]
