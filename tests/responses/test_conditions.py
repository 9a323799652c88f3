"""Which conditions are hidden together."""

import numpy as np
from scipy.sparse.csgraph import connected_components

from edgelab.responses import _conditions


def test_rows_that_share_a_condition_through_others_are_hidden_together(monkeypatch):
    def search(graph, **options):
        assert graph.row.dtype == graph.col.dtype == np.int32  # the searches of scipy 1.12 take no others
        return connected_components(graph, **options)

    monkeypatch.setattr(_conditions, "connected_components", search)
    row, condition = np.array([0, 1, 1, 2]), np.array([0, 0, 1, 2])
    assert _conditions._hidden_together(row, condition).tolist() == [0, 0, 1]
