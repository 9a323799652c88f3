import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, DataError
from edgelab.training import iterate_batches, split_rows


@given(st.integers(0, 40), st.integers(1, 12), st.booleans(), st.booleans())
def test_every_row_comes_once_except_a_dropped_rest(n_samples, batch_size, shuffle, drop_last):
    x = torch.arange(n_samples, dtype=torch.float32)[:, None]
    generator = torch.Generator().manual_seed(1) if shuffle else None
    batches = list(
        iterate_batches(
            x, 2 * x, batch_size, weight=3 * x, generator=generator, drop_last=drop_last
        )
    )
    rows = torch.cat([batch.x for batch in batches]).flatten().tolist() if batches else []
    n_expected = n_samples - n_samples % batch_size if drop_last else n_samples
    assert len(rows) == len(set(rows)) == n_expected
    assert shuffle or rows == sorted(rows)
    for batch in batches:
        assert torch.equal(batch.y, 2 * batch.x)
        assert torch.equal(batch.weight, 3 * batch.x)
        assert len(batch.x) == batch_size or (batch is batches[-1] and not drop_last)


def test_shuffling_draws_one_permutation():
    x = torch.arange(7.0)[:, None]
    order = torch.randperm(7, generator=torch.Generator().manual_seed(5))
    batches = iterate_batches(x, x, 3, generator=torch.Generator().manual_seed(5))
    assert torch.equal(torch.cat([batch.x for batch in batches]), x[order])


def test_rows_that_differ_and_bad_sizes_are_refused():
    x = torch.zeros(3, 1)
    with pytest.raises(DataError, match="x has 3, y has 2"):
        next(iterate_batches(x, x[:2], 2))
    with pytest.raises(DataError, match="weight has 1"):
        next(iterate_batches(x, x, 2, weight=x[:1]))
    with pytest.raises(ConfigError, match="positive integer, got 0"):
        next(iterate_batches(x, x, 0))


@given(st.integers(2, 60), st.floats(0, 0.99), st.integers(0, 9))
def test_a_split_uses_every_row_once(n_samples, fraction, seed):
    try:
        training, validation = split_rows(n_samples, fraction, torch.Generator().manual_seed(seed))
    except DataError:
        assert round(fraction * n_samples) >= n_samples
        return
    assert sorted([*training.tolist(), *validation.tolist()]) == list(range(n_samples))
    assert (len(validation) > 0) == (fraction > 0)
    assert abs(len(validation) - fraction * n_samples) <= 1


def test_a_split_that_leaves_no_training_row_is_refused():
    with pytest.raises(DataError, match="leave none to train on"):
        split_rows(1, 0.5, torch.Generator())
