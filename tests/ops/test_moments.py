import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import DataError
from edgelab.ops import PairedMoments


def samples(n, seed=0, pairs=2, nodes=3):
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        torch.rand(pairs, n, nodes, generator=generator, dtype=torch.float64) for _ in range(2)
    )


def assert_same(one, other):
    assert one.count == other.count
    for name in (
        "source_mean",
        "target_mean",
        "source_squares",
        "target_squares",
        "cross",
        "source_cross",
    ):
        torch.testing.assert_close(
            getattr(one, name), getattr(other, name), rtol=1e-10, atol=1e-12, msg=name
        )


def test_hand_table():
    x = torch.tensor([[[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]]])
    y = torch.tensor([[[1.0], [2.0], [6.0]]])
    moments = PairedMoments.of(x, y, with_source_cross=True)
    assert moments.source_mean.tolist() == [[2.0, 2.0]] and moments.target_mean.tolist() == [[3.0]]
    assert moments.source_squares.tolist() == [[8.0, 6.0]]
    assert moments.cross.tolist() == [[[10.0], [9.0]]]
    assert moments.source_cross.tolist() == [[[8.0, 6.0], [6.0, 6.0]]]


def test_parity_with_numpy():
    x, y = samples(50)
    moments = PairedMoments.of(x, y)
    both = np.cov(np.concatenate([x[1], y[1]], axis=1), rowvar=False) * 49
    np.testing.assert_allclose(moments.cross[1], both[:3, 3:], rtol=1e-12)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 100))
def test_any_division_into_batches_gives_the_same(sizes, seed):
    x, y = samples(sum(sizes) + 1, seed)
    whole = PairedMoments.of(x, y, with_source_cross=True)
    parts = PairedMoments.empty(x, y, with_source_cross=True)
    for rows in torch.arange(x.shape[1]).split([*sizes, 1]):
        parts.update(x[:, rows], y[:, rows])
    assert_same(parts, whole)


@given(st.integers(0, 30), st.integers(0, 100))
def test_two_halves_merged_are_the_whole(cut, seed):
    x, y = samples(30, seed)
    merged = PairedMoments.of(x[:, :cut], y[:, :cut], with_source_cross=True)
    merged.merge(PairedMoments.of(x[:, cut:], y[:, cut:], with_source_cross=True))
    assert_same(merged, PairedMoments.of(x, y, with_source_cross=True))


def test_pairs_may_share_their_sources():
    x, y = samples(20)
    shared = PairedMoments.of(x[:1], y)
    torch.testing.assert_close(shared.cross, PairedMoments.of(x[:1].expand(2, -1, -1), y).cross)
    half = PairedMoments.of(x[:1, :7], y[:, :7])
    half.merge(PairedMoments.of(x[:1, 7:], y[:, 7:]))
    torch.testing.assert_close(half.cross, shared.cross)


def test_merging_different_nodes_is_refused():
    x, y = samples(5)
    with pytest.raises(DataError, match="do not merge"):
        PairedMoments.of(x, y).merge(PairedMoments.of(x, y[..., :2]))


def test_large_means_lose_no_digits():
    # Defect of the reference: sums of float32 squares give an error of 1.3 at a mean of 1e4
    # standard deviations.
    x, y = samples(2000)
    y = 0.5 * x + y
    moments = PairedMoments.of((x + 1e4).float(), (y + 1e4).float())
    norm = (moments.source_squares.unsqueeze(2) * moments.target_squares.unsqueeze(1)).sqrt()
    exact = np.corrcoef(x[0], y[0], rowvar=False)[:3, 3:]
    np.testing.assert_allclose((moments.cross / norm)[0], exact, atol=1e-3)
