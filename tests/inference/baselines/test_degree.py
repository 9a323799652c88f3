"""Out-degrees of the training graph."""

import numpy as np

from edgelab.inference.baselines import out_degree


def test_out_degree_counts_edges_of_the_graph(make_task, dense):
    score = dense(out_degree(make_task())).score
    np.testing.assert_array_equal(score, np.tile(np.array([[2.0], [1.0], [0.0], [1.0], [0.0]]), 5))
