"""Initial patterns: exact counts, densities in (0, 1], impossible wishes refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError
from edgelab.sparsity import (
    erdos_renyi_densities,
    random_kernel_patterns,
    random_patterns,
)
from edgelab.sparsity._patterns import active_counts, kernel_density, shuffled

shapes = st.lists(
    st.lists(st.integers(1, 60), min_size=2, max_size=4).map(tuple), min_size=1, max_size=6
).map(lambda shapes: {str(i): shape for i, shape in enumerate(shapes)})


@given(shapes, st.floats(0.05, 1.0), st.booleans())
def test_erdos_renyi_densities_make_up_the_whole(shapes, density, with_kernel):
    densities = erdos_renyi_densities(shapes, density, with_kernel=with_kernel)
    sizes = {name: torch.Size(shape).numel() for name, shape in shapes.items()}
    assert all(0 <= value <= 1 for value in densities.values())
    whole = sum(sizes[name] * densities[name] for name in sizes)
    assert abs(whole - density * sum(sizes.values())) <= len(shapes) + 1e-6


@pytest.mark.parametrize("with_kernel", [True, False])
def test_density_one_is_dense(with_kernel):
    cnn = {"c1": (16, 3, 3, 3), "c2": (32, 16, 3, 3), "c3": (64, 32, 3, 3), "fc": (10, 64)}
    densities = erdos_renyi_densities(cnn, 1.0, with_kernel=with_kernel)
    assert densities == pytest.approx(dict.fromkeys(cnn, 1.0), abs=1e-12)
    assert all(value <= 1 for value in densities.values())


def test_patterns_have_exact_counts():
    shapes = {"a": (30, 20), "b": (10, 30)}
    masks = random_patterns(shapes, {"a": 0.1, "b": 0.5}, torch.Generator().manual_seed(0))
    assert [int(masks[name].sum()) for name in "ab"] == [60, 150]
    kernels = random_kernel_patterns(
        {"c": (4, 5, 3, 3)}, {"c": 0.5}, torch.Generator().manual_seed(0)
    )["c"]
    assert int(kernels.sum()) == 90
    assert set(kernels.flatten(2).sum(-1).flatten().tolist()) == {0, 9}


def test_counts_add_up_and_no_layer_is_cut_off():
    counts = active_counts({"large": 10_000, "tiny": 10}, {"large": 0.01, "tiny": 0.01})
    assert counts == {"large": 99, "tiny": 1}
    with pytest.raises(ConfigError, match="passes no signal"):
        active_counts({"a": 10, "b": 10}, {"a": 0.05, "b": 0.01})


def test_dense_remainder_must_fit():
    with pytest.raises(ConfigError, match=r"density above 0\.9"):
        kernel_density(0.5, 108, 1000)
    assert kernel_density(1.0, 108, 1000) == 1.0
    with pytest.raises(ConfigError, match="unstructured"):
        kernel_density(0.5, 0, 10)


@pytest.mark.parametrize("density", [0.0, -0.1, 1.01, float("nan")])
def test_density_outside_its_range(density):
    with pytest.raises(ConfigError, match="must lie in"):
        erdos_renyi_densities({"a": (3, 3)}, density)


def test_vectors_have_no_erdos_renyi_density():
    with pytest.raises(ConfigError, match="two dimensions"):
        erdos_renyi_densities({"norm": (16,)}, 0.5)


def test_shuffling_keeps_the_count():
    mask = torch.arange(20).reshape(4, 5) < 7
    moved = shuffled(mask, torch.Generator().manual_seed(1))
    assert int(moved.sum()) == 7
    assert not torch.equal(moved, mask)
