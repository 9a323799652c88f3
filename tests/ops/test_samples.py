"""Samples that are kept, and their ranks."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from edgelab.ops._samples import SampleStore, mean_ranks


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_ranks_agree_with_scipy(values):
    ranks = mean_ranks(torch.tensor(values, dtype=torch.float32).unsqueeze(1))
    np.testing.assert_array_equal(ranks[:, 0], stats.rankdata(values))


def test_many_zeros_give_no_spurious_rank_correlation():
    # Defect of the reference: ranks by argsort give .65 for independent columns with 90 % zeros.
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(4000, 2, generator=generator) * (
        torch.rand(4000, 2, generator=generator) > 0.9
    )
    ranks = mean_ranks(values)
    assert abs(np.corrcoef(ranks, rowvar=False)[0, 1]) < 0.05


def test_a_store_counts_and_measures_its_samples():
    store = SampleStore()
    store.append(torch.rand(1, 5, 3), torch.rand(1, 5, 2))
    assert (store.count, store.n_bytes) == (5, 100)
    assert store.correlation(slice(0, 2)).shape == (1, 3, 2)
