import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.ops import PairStatistics
from edgelab.ops import _partial as partial
from edgelab.ops._partial import ParentGroups


def residual(column, parents):
    design = np.column_stack([np.ones(len(column)), *parents])
    return column - design @ np.linalg.lstsq(design, column, rcond=None)[0]


def by_regression(x, y, edges):
    """Correlate what is left of source and target after regressing both on the target's parents."""
    result = np.full((x.shape[1], y.shape[1]), np.nan)
    for target in range(y.shape[1]):
        parents = [x[:, s] for s, t in edges if t == target]
        for source in range(x.shape[1]):
            if (source, target) not in edges:
                left = residual(x[:, source], parents), residual(y[:, target], parents)
                result[source, target] = np.corrcoef(*left)[0, 1]
    return result


def data(n=40, sources=5, targets=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, sources)) @ rng.normal(size=(sources, sources))
    return x, x @ rng.normal(size=(sources, targets)) + rng.normal(size=(n, targets))


def partial_of(x, y, edges, ridge=0.0, **room):
    statistics = PairStatistics(**room)
    statistics.update(torch.tensor(x)[None], torch.tensor(y)[None])
    edge_index = torch.tensor(sorted(edges), dtype=torch.int64).reshape(-1, 2).T
    return statistics.partial(slice(0, y.shape[1]), edge_index, ridge)[0].numpy()


@settings(max_examples=30)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12), st.integers(0, 50))
def test_parity_with_regression_residuals(edges, seed):
    x, y = data(seed=seed)
    np.testing.assert_allclose(partial_of(x, y, edges), by_regression(x, y, edges), atol=1e-6)


def test_without_parents_it_is_the_correlation():
    x, y = data()
    np.testing.assert_allclose(
        partial_of(x, y, set()), np.corrcoef(x, y, rowvar=False)[:5, 5:], atol=1e-12
    )


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_ridge_does_not_depend_on_the_scale(scale):
    x, y = data()
    edges = {(0, 0), (1, 0), (2, 1)}
    np.testing.assert_allclose(
        partial_of(scale * x, y, edges, 0.1), partial_of(x, y, edges, 0.1), atol=1e-9
    )


def test_what_parents_explain_completely_is_undefined():
    x, y = data()
    x[:, 1] = 3 * x[:, 0] - 2
    y[:, 3] = x[:, 0]
    result = partial_of(x, y, {(0, 0), (0, 3)}, ridge=1e-8)
    assert (
        np.isnan(result[1, 0])
        and np.isnan(result[:, 3]).all()
        and not np.isnan(result[2:, 0]).any()
    )


def test_parents_that_do_not_vary_explain_nothing():
    x, y = data()
    x[:, 0] = 7.0
    result = partial_of(x, y, {(0, 0), (1, 0)})
    np.testing.assert_allclose(
        result[2:, 0], by_regression(x[:, 1:], y, {(0, 0)})[1:, 0], atol=1e-9
    )
    assert np.isnan(result[:2, 0]).all()


def test_more_parents_than_samples_is_undefined_not_wrong():
    x, y = data(n=4, sources=8)
    assert np.isnan(partial_of(x, y, {(s, 0) for s in range(7)}, ridge=1e-8)[:, 0]).all()


def test_blocks_do_not_matter(monkeypatch):
    x, y = data()
    edges = {(0, 0), (1, 1), (2, 2), (3, 3)}
    whole = partial_of(x, y, edges)
    monkeypatch.setattr(partial, "BLOCK_NUMBERS", 1)
    np.testing.assert_allclose(partial_of(x, y, edges), whole, equal_nan=True)


def test_samples_and_moments_give_the_same():
    x, y = data(n=1100)
    edges = {(0, 0), (1, 0), (2, 1)}
    whole = partial_of(x, y, edges)
    np.testing.assert_allclose(partial_of(x, y, edges, max_sample_bytes=0), whole, atol=1e-9)
    np.testing.assert_allclose(partial_of(x, y, edges, max_moment_bytes=0), whole, atol=1e-9)


def test_groups_cover_every_target_once():
    edges = torch.tensor([[0, 1, 0, 3], [2, 2, 4, 9]])
    groups = ParentGroups.of(edges, slice(1, 6))
    assert sorted(torch.cat(groups.targets).tolist()) == [0, 1, 2, 3, 4]
    found = {
        (int(groups.parents[row]), int(target) + 1)
        for targets, rows in zip(groups.targets, groups.rows, strict=True)
        for target, parents in zip(targets, rows, strict=True)
        for row in parents
    }
    assert found == {(0, 2), (1, 2), (0, 4)}


def test_ridge_by_hand():
    # One parent s with R_is = .6, R_sj = .5, R_ij = .4 and ridge 1/4: R_ss becomes 5/4.
    source = torch.tensor([[0.4], [0.5]], dtype=torch.float64)
    parents = torch.tensor([[0.6, 1.0]], dtype=torch.float64)
    groups = ParentGroups.of(torch.tensor([[1], [0]]), slice(0, 1))
    expected = (0.4 - 0.6 * 0.5 / 1.25) / ((1 - 0.36 / 1.25) * (1 - 0.25 / 1.25)) ** 0.5
    result = partial.partial_correlation(source, parents, groups, ridge=0.25)
    assert result[0, 0].item() == pytest.approx(expected) and result[1, 0].isnan()
