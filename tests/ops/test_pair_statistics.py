import numpy as np
import pytest
import torch
from scipy import stats

from edgelab.errors import DataError
from edgelab.ops import PairStatistics

ALL = slice(0, 3)
# Every way to keep what was seen: both, moments only, samples only, samples until moments are
# smaller.
ROOMS = (
    {},
    {"max_sample_bytes": 0},
    {"max_moment_bytes": 0},
    {"max_sample_bytes": 0, "max_moment_bytes": 0},
)
EDGES = torch.tensor([[0, 1, 3], [1, 1, 2]])


def samples(n=700, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(2, n, 4, generator=generator, dtype=dtype)
    return x, x[..., :3] * 0.3 + torch.rand(2, n, 3, generator=generator, dtype=dtype)


def seen(x, y, batch=64, **room):
    statistics = PairStatistics(**room)
    for rows in torch.arange(x.shape[1]).split(batch):
        statistics.update(x[:, rows], y[:, rows])
    return statistics


@pytest.mark.parametrize("room", ROOMS)
def test_parity_with_numpy(room):
    x, y = samples()
    expected = [
        np.corrcoef(a, b, rowvar=False)[:4, 4:] for a, b in zip(x.double(), y.double(), strict=True)
    ]
    np.testing.assert_allclose(seen(x, y, **room).correlation(ALL), expected, atol=1e-9)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("batch", [1, 7, 699, 700])
def test_batch_size_does_not_matter(room, batch):
    x, y = samples()
    one, other = seen(x, y, **room), seen(x, y, batch, **room)
    torch.testing.assert_close(other.correlation(ALL), one.correlation(ALL), atol=1e-10, rtol=0)
    torch.testing.assert_close(
        other.partial(ALL, EDGES, 0.0),
        one.partial(ALL, EDGES, 0.0),
        atol=1e-9,
        rtol=0,
        equal_nan=True,
    )


@pytest.mark.parametrize("mine", ROOMS)
@pytest.mark.parametrize("theirs", ROOMS)
def test_two_halves_merged_are_the_whole(mine, theirs):
    x, y = samples()
    whole = seen(x, y)
    merged, other = seen(x[:, :300], y[:, :300], **mine), seen(x[:, 300:], y[:, 300:], **theirs)
    before = other.correlation(ALL)
    merged.merge(other)
    assert merged.count == 700 and torch.equal(other.correlation(ALL), before)
    torch.testing.assert_close(merged.correlation(ALL), whole.correlation(ALL), atol=1e-10, rtol=0)
    torch.testing.assert_close(
        merged.partial(ALL, EDGES, 1e-8),
        whole.partial(ALL, EDGES, 1e-8),
        atol=1e-9,
        rtol=0,
        equal_nan=True,
    )


@pytest.mark.parametrize("room", ROOMS)
def test_merging_with_nothing_changes_nothing(room):
    x, y = samples()
    full, empty = seen(x, y, **room), PairStatistics(**room)
    expected = full.correlation(ALL)
    full.merge(PairStatistics())
    empty.merge(full)
    assert torch.equal(full.correlation(ALL), expected)
    torch.testing.assert_close(empty.correlation(ALL), expected, atol=1e-12, rtol=0)


def test_what_is_kept_follows_the_room():
    x, y = samples()
    kept = [
        (s.samples is not None, s.moments is not None)
        for s in (seen(x, y, **room) for room in ROOMS)
    ]
    assert kept == [(True, True), (False, True), (True, False), (False, True)]


@pytest.mark.parametrize("room", ROOMS)
def test_blocks_of_targets_agree_with_the_whole(room):
    x, y = samples()
    statistics = seen(x, y, **room)
    for whole, part in (
        (statistics.correlation(ALL), statistics.correlation(slice(1, 3))),
        (statistics.partial(ALL, EDGES, 0.0), statistics.partial(slice(1, 3), EDGES, 0.0)),
    ):
        torch.testing.assert_close(part, whole[..., 1:3], atol=1e-10, rtol=0, equal_nan=True)


@pytest.mark.parametrize("room", ROOMS)
def test_large_means_are_right_to_a_thousandth(room):
    x, y = samples(2000)
    expected = seen(x, y).correlation(ALL)
    shifted = seen(x + 1e4 * x.std(), y + 1e4 * y.std(), **room).correlation(ALL)
    torch.testing.assert_close(shifted, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_scale_does_not_matter(room, scale):
    # Defect of the reference: with an absolute floor of 1e-12 small gradients have no variance.
    x, y = samples()
    x[0, :, 2] = 5.0
    expected = seen(x, y).correlation(ALL)
    assert expected[0, 2].isnan().all() and not expected[1].isnan().any()
    scaled = seen(scale * x, scale * y, **room).correlation(ALL)
    torch.testing.assert_close(scaled, expected, atol=1e-6, rtol=0, equal_nan=True)


def test_ranks_agree_with_scipy_in_each_pair():
    x, y = samples(50)
    x = (x * 5).round()  # ties
    found = seen(x, y, 7).rank_correlation(ALL)
    for pair in range(2):
        expected = stats.spearmanr(x[pair], y[pair]).statistic[:4, 4:]
        np.testing.assert_allclose(found[pair], expected, atol=1e-12)


def test_a_trend_over_layers_gives_no_rank_correlation():
    # Defect of the reference: layers pooled into one sample correlate at .95 when each is shifted.
    generator = torch.Generator().manual_seed(0)
    x, y = (
        torch.rand(5, 500, 3, generator=generator) + torch.arange(5.0).view(5, 1, 1) * 10
        for _ in range(2)
    )
    assert seen(x, y).rank_correlation(ALL).mean(dim=0).abs().max() < 0.1


def test_ranks_of_rounding_noise_are_undefined():
    x, y = samples(50)
    x[0, :, 1] = 1.0 + 1e-7 * x[0, :, 1]
    assert seen(x, y).rank_correlation(ALL)[0, 1].isnan().all()


def test_ranks_follow_new_samples():
    x, y = samples(50)
    statistics = seen(x[:, :30], y[:, :30])
    statistics.rank_correlation(ALL)
    statistics.update(x[:, 30:], y[:, 30:])
    torch.testing.assert_close(statistics.rank_correlation(ALL), seen(x, y).rank_correlation(ALL))


def test_ranks_without_samples_are_refused():
    statistics = seen(*samples(), max_sample_bytes=0)
    with pytest.raises(DataError, match="raise it and fit again"):
        statistics.rank_correlation(ALL)


def test_other_nodes_are_refused():
    x, y = samples(10)
    statistics = seen(x, y)
    with pytest.raises(DataError, match="start new ones"):
        statistics.update(x, y[..., :2])
    with pytest.raises(DataError, match="do not merge"):
        statistics.merge(seen(x[..., :2], y))
