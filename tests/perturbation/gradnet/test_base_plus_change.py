"""The sum of a sparse matrix and a change of some edges."""

import torch

from edgelab.perturbation.gradnet._base_plus_change import BasePlusChange


def test_a_change_is_mirrored_and_the_diagonal_stays():
    base = torch.tensor([[0.0, 1.0], [1.0, 5.0]]).to_sparse().coalesce()
    total = BasePlusChange(base, torch.tensor([[0], [1]]), directed=False)
    assert total(torch.tensor([0.25])).to_dense().tolist() == [[0.0, 1.25], [1.25, 5.0]]


def test_a_directed_change_of_an_absent_edge():
    base = torch.tensor([[0.0, 1.0], [0.0, 0.0]]).to_sparse().coalesce()
    total = BasePlusChange(base, torch.tensor([[1], [0]]), directed=True)
    assert total(torch.tensor([2.0])).to_dense().tolist() == [[0.0, 1.0], [2.0, 0.0]]
