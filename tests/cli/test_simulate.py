"""`edgelab simulate` as a user runs it."""

import pandas as pd

from edgelab.datasets import convergence_graph


def test_the_files_hold_the_graph_without_its_held_out_edges(simulated):
    toy = simulated(60)
    graph = convergence_graph(4)
    assert len(pd.read_csv(toy["edges"])) == len(graph.edges) - len(graph.held_out)
    assert len(pd.read_csv(toy["held_out"])) == len(graph.held_out)
    assert pd.read_csv(toy["x"]).shape == (60, 4)
