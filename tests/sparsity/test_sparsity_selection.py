"""Selections against plain sorting: counts exact, ties by lowest index, whatever dtype or memory
format.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.sparsity import (
    grow_at_random,
    grow_kernels,
    grow_largest,
    mark_largest,
    mark_smallest,
    prune_kernels,
    prune_smallest,
    prune_smallest_overall,
)
from edgelab.sparsity._selection import SAMPLE_STRIDE

# Few distinct values, so that ties are the rule.
tied_values = st.lists(st.sampled_from([0.0, -0.0, 0.5, -0.5, 1.0, -2.0]), min_size=1, max_size=40)
bits = st.integers(0, 2**32)


def by_sorting(values: list[float], count: int, largest: bool) -> list[bool]:
    order = sorted(range(len(values)), key=lambda i: (-values[i] if largest else values[i], i))
    chosen = set(order[: max(count, 0)])
    return [i in chosen for i in range(len(values))]


def random_mask(size: int, seed: int) -> torch.Tensor:
    return torch.rand(size, generator=torch.Generator().manual_seed(seed)) < 0.5


@given(tied_values, st.integers(-2, 45))
def test_marks_agree_with_a_stable_sort(values, count):
    score = torch.tensor(values)
    assert mark_largest(score, count).tolist() == by_sorting(values, count, largest=True)
    assert mark_smallest(score, count).tolist() == by_sorting(values, count, largest=False)


LARGE = 20_011
GENERATOR = torch.Generator().manual_seed(0)
LARGE_SCORES = {
    "random": torch.randn(LARGE, generator=GENERATOR),
    "tied": torch.randint(0, 3, (LARGE,), generator=GENERATOR).float(),
    "constant": torch.zeros(LARGE),
    "rising": torch.arange(LARGE).float(),
    "mostly zero": torch.randn(LARGE, generator=GENERATOR)
    * (torch.rand(LARGE, generator=GENERATOR) < 0.01),
    # What is sampled is all that is large, so that the bound it suggests leaves too few.
    "misleading": (torch.arange(LARGE) % SAMPLE_STRIDE == 0).float()
    * torch.rand(LARGE, generator=GENERATOR),
    "misleading the other way": (torch.arange(LARGE) % SAMPLE_STRIDE != 0).float(),
}


@pytest.mark.parametrize("name", LARGE_SCORES)
@pytest.mark.parametrize("count", [1, 50, 400, 3000, 9000])
@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_large_selections_agree_with_a_stable_sort(name, count, share):
    score = LARGE_SCORES[name]
    among = torch.rand(LARGE, generator=torch.Generator().manual_seed(1)) < share
    for ours, direction in ((mark_largest, -1), (mark_smallest, 1)):
        order = (direction * score).masked_fill(~among, float("inf")).sort(stable=True).indices
        expected = torch.zeros(LARGE, dtype=torch.bool)
        expected[order[: min(count, int(among.sum()))]] = True
        assert torch.equal(ours(score, count, among), expected)


def test_large_selections_with_nan():
    score = LARGE_SCORES["random"].clone()
    score[::2] = float("nan")
    chosen = mark_largest(score, 500)
    assert int(chosen.sum()) == 500
    assert score[chosen].min() >= score[1::2][~chosen[1::2]].max()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_every_dtype(dtype):
    score = torch.randn(500, generator=torch.Generator().manual_seed(0)).to(dtype)
    chosen = mark_largest(score, 37)
    assert int(chosen.sum()) == 37
    assert score[chosen].min() >= score[~chosen].max()


def test_nan_ranks_last_and_infinity_first():
    score = torch.tensor([float("nan"), 1.0, float("inf"), float("nan"), -5.0])
    assert mark_largest(score, 3).tolist() == [False, True, True, False, True]
    assert int(mark_largest(score, 4).sum()) == 4


@given(tied_values, bits, st.integers(-2, 45))
def test_pruning_agrees_with_a_sort_of_active_weights(values, seed, count):
    weight, mask = torch.tensor(values), random_mask(len(values), seed)
    active = mask.nonzero().flatten().tolist()
    gone = by_sorting([abs(values[i]) for i in active], count, largest=False)
    expected = mask.clone()
    expected[[i for i, dropped in zip(active, gone, strict=True) if dropped]] = False
    assert torch.equal(prune_smallest(mask, weight, count), expected)


@given(tied_values, bits, st.integers(-2, 45))
def test_growth_agrees_with_a_sort_of_inactive_weights(values, seed, count):
    score, mask = torch.tensor(values), random_mask(len(values), seed)
    inactive = (~mask).nonzero().flatten().tolist()
    new = by_sorting([abs(values[i]) for i in inactive], count, largest=True)
    expected = mask.clone()
    expected[[i for i, grown in zip(inactive, new, strict=True) if grown]] = True
    assert torch.equal(grow_largest(mask, score, count), expected)


@given(st.integers(1, 40), bits, st.integers(-2, 45))
def test_random_growth_keeps_the_old_and_adds_exactly(size, seed, count):
    mask = random_mask(size, seed)
    grown = grow_at_random(mask, count, torch.Generator().manual_seed(seed))
    assert bool(grown[mask].all())
    assert int(grown.sum() - mask.sum()) == min(max(count, 0), int((~mask).sum()))


def test_random_growth_reaches_every_place_equally():
    mask, generator = torch.tensor([True] + [False] * 9), torch.Generator().manual_seed(0)
    counts = torch.stack([grow_at_random(mask, 3, generator) for _ in range(3000)])[:, 1:].sum(0)
    expected, sd = 1000, (3000 * (1 / 3) * (2 / 3)) ** 0.5
    assert (counts - expected).abs().max() < 4 * sd


@given(tied_values, tied_values, bits, st.integers(0, 90))
def test_pruning_everywhere_is_pruning_of_the_concatenation(first, second, seed, count):
    weights = {"first": torch.tensor(first), "second": torch.tensor(second)}
    masks = {"first": random_mask(len(first), seed), "second": random_mask(len(second), seed + 1)}
    ours = prune_smallest_overall(masks, weights, count)
    whole = prune_smallest(
        torch.cat(list(masks.values())), torch.cat(list(weights.values())), count
    )
    assert torch.equal(torch.cat(list(ours.values())), whole)


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_kernels_stay_whole(count):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 3, 2, 2, generator=generator)
    mask = (torch.rand(4, 3, 1, 1, generator=generator) < 0.5).expand(4, 3, 2, 2).contiguous()
    pruned = prune_kernels(mask, weight * mask, count)
    grown = grow_kernels(pruned, weight, 4 * count + 3)
    for whole in (pruned, grown):
        per_kernel = whole.flatten(2).sum(-1)
        assert bool(((per_kernel == 0) | (per_kernel == 4)).all())
    assert not bool((pruned & ~mask).any())
    assert bool(grown[pruned].all())
    assert int(mask.sum() - pruned.sum()) == min(4 * count, int(mask.sum()))
    assert int(grown.sum() - pruned.sum()) == min(4 * count, int((~pruned).sum()))


def test_memory_format_does_not_matter():
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 3, 2, 2, generator=generator)
    mask = torch.rand(4, 3, 2, 2, generator=generator) < 0.5
    last = {"memory_format": torch.channels_last}
    for pure in (lambda w, m: prune_smallest(m, w, 5), lambda w, m: grow_largest(m, w, 5)):
        assert torch.equal(
            pure(weight.contiguous(**last), mask.contiguous(**last)), pure(weight, mask)
        )
