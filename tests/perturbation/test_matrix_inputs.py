"""Matrices of every kind, read by hand."""

import numpy as np
import pytest
import scipy.sparse
import torch

from edgelab.errors import GraphError
from edgelab.perturbation._matrix_inputs import (
    check_symmetric,
    entries_at,
    marked_edges,
    read_square_matrix,
)

PLACE = {"dtype": torch.float32, "device": torch.device("cpu")}


@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.coo_array])
def test_what_was_sparse_stays_sparse(kind):
    read = read_square_matrix("mask", kind(np.eye(2)), 2, **PLACE)
    assert read.layout is torch.sparse_coo and read.to_dense().tolist() == [[1, 0], [0, 1]]


def test_a_matrix_shares_no_memory_and_has_no_gradient():
    given = torch.eye(2, requires_grad=True)
    read = read_square_matrix("mask", given, 2, **PLACE)
    assert not read.requires_grad and read.data_ptr() != given.data_ptr()


@pytest.mark.parametrize(
    ("matrix", "message"),
    [([[0, 1]], r"\(2, 2\), .* got \(1, 2\)"), ([[0, np.nan], [1, 0]], "NaN or infinite")],
)
def test_other_shapes_and_values_are_refused(matrix, message):
    with pytest.raises(GraphError, match=message):
        read_square_matrix("mask", matrix, 2, **PLACE)


@pytest.mark.parametrize("sparse", [False, True])
def test_rounding_is_no_asymmetry(sparse):
    def check(difference):
        matrix = torch.tensor([[0.0, 1.0], [1.0 + difference, 0.0]], dtype=torch.float64)
        check_symmetric("mask", matrix.to_sparse().coalesce() if sparse else matrix)

    check(1e-6)
    with pytest.raises(GraphError, match=r"mask to be symmetric; got shape \(2, 2\)"):
        check(1e-4)


@pytest.mark.parametrize("sparse", [False, True])
def test_marked_edges_leave_loops_out_and_list_undirected_ones_once(sparse):
    mask = torch.ones(3, 3).to_sparse().coalesce() if sparse else torch.ones(3, 3)
    assert marked_edges(mask, directed=False).tolist() == [[0, 0, 1], [1, 2, 2]]
    assert marked_edges(mask, directed=True).shape == (2, 6)


def test_entries_say_which_of_them_are_stored():
    matrix = torch.diag(torch.tensor([0.0, 3.0]))
    places = torch.tensor([[0, 1], [1, 1]])
    values, is_stored = entries_at(matrix.to_sparse(), places)
    assert values.tolist() == [0.0, 3.0] and is_stored.tolist() == [False, True]
    values, is_stored = entries_at(matrix, places)
    assert values.tolist() == [0.0, 3.0] and is_stored.all()
