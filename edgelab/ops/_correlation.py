"""Correlations of many column pairs at once, over several layer pairs, and what chance alone would
give.

Undefined values are NaN throughout: a column that does not vary, a source among the nodes
conditioned on.
"""

import torch

from edgelab.typing import Float, Int, Num, Tensor

# atanh grows without bound at 1; the reference caps correlations here before testing them.
LARGEST_TESTED = 0.9999


def mean_over_pairs(correlation: Float[Tensor, "pairs *rest"]) -> Float[Tensor, "*rest"]:
    """Mean over the layer pairs in which a correlation is defined.

    Args:
        correlation: One value per layer pair; NaN where undefined.

    Returns:
        The mean; NaN where it is defined in no pair.

    Example:
        >>> mean_over_pairs(torch.tensor([[0.2, float("nan")], [0.4, 0.5]]))
        tensor([0.3000, 0.5000])
    """
    mean = correlation.mean(dim=0)  # twice as fast as nanmean, and NaN exactly where that is needed
    return correlation.nanmean(dim=0) if mean.isnan().any() else mean


def strongest_over_pairs(correlation: Float[Tensor, "pairs *rest"]) -> Float[Tensor, "*rest"]:
    """The value furthest from zero among the layer pairs, with its sign.

    Args:
        correlation: One value per layer pair; NaN where undefined.

    Returns:
        The signed value; NaN where it is defined in no pair. Of two equally far, the positive one.

    Example:
        >>> strongest_over_pairs(torch.tensor([[0.2, float("nan")], [-0.4, 0.5]]))
        tensor([-0.4000,  0.5000])
    """
    strongest = correlation[0].clone()
    for layer_pair in correlation[1:]:
        distance = layer_pair.abs() - strongest.abs()
        better = (distance > 0) | ((distance == 0) & (layer_pair > strongest))
        better |= strongest.isnan() & ~layer_pair.isnan()
        torch.where(better, layer_pair, strongest, out=strongest)
    return strongest


def pooled_over_pairs(
    correlation: Float[Tensor, "pairs sources targets"], spread: Float[Tensor, "#pairs targets"]
) -> Float[Tensor, "sources targets"]:
    """Correlation over the data of all layer pairs put together, each centred on its own mean.

    Sources are standardised within each layer pair, so that no layer counts more for being larger;
    targets keep their spread s_p, so that a layer counts the more, the more the target varies in
    it. With r_p the correlation in pair p and n the number of pairs in which the source varies, r =
    Σ s_p r_p / √(n Σ s_p²). A pair in which a source or a target does not vary adds nothing, where
    `mean_over_pairs` would leave it out and trust the rest the more.

    Args:
        correlation: One value per layer pair; NaN where undefined.
        spread: Standard deviation of the target in each layer pair, in any unit.

    Returns:
        Values in [-1, 1]; NaN where the correlation is defined in no pair.

    Example:
        >>> nan = float("nan")
        >>> correlation = torch.tensor([[[0.6], [0.6]], [[0.6], [nan]]])
        >>> pooled_over_pairs(correlation, torch.tensor([[1.0], [1.0]])).flatten()
        tensor([0.6000, 0.4243])
    """
    # In units of its largest spread a target can neither overflow nor underflow.
    spread = spread / spread.amax(dim=0)
    total = spread.square().sum(dim=0) * (correlation.shape[0] / spread.shape[0])
    n_pairs = (~correlation.isnan()).sum(dim=0)
    pooled = sum(
        (
            r.nan_to_num(0.0) * s
            for r, s in zip(correlation, spread.expand(len(correlation), -1), strict=True)
        )
    )
    return (
        torch.as_tensor(pooled).div((n_pairs * total).sqrt()).masked_fill(n_pairs == 0, torch.nan)
    )


def fisher_p_value(
    correlation: Float[Tensor, "*lead targets"],
    count: int,
    n_conditions: Int[Tensor, " targets"] | None = None,
) -> Float[Tensor, "*lead targets"]:
    """Chance of a correlation at least this large when the true one is zero: one-sided Fisher z
    test.

    Args:
        correlation: Pearson, partial or rank correlations.
        count: Number of independent samples.
        n_conditions: How many variables were held fixed, per target; none when absent.

    Returns:
        In [0, 1]; NaN where the correlation is NaN; 1 where fewer than two degrees of freedom,
        `count - 3 - n_conditions`, are left.

    Source: Fisher (1924), "The distribution of the partial correlation coefficient", Metron 3.

    Example:
        >>> fisher_p_value(torch.tensor([0.0, 0.5, -0.5]), count=28)
        tensor([0.5000, 0.0030, 0.9970])
    """
    dof = torch.tensor(count - 3, dtype=torch.float64, device=correlation.device)
    if n_conditions is not None:
        dof = dof - n_conditions
    capped = correlation.clamp(-LARGEST_TESTED, LARGEST_TESTED)
    z = capped.atanh_().mul_(
        dof.clamp(min=0).sqrt()
    )  # sqrt of a negative would be NaN, not "no test"
    p_value = torch.special.erfc(z.mul_(0.5**0.5)).mul_(
        0.5
    )  # torch's ndtr has no correct digit below 1e-16
    return p_value.masked_fill_((dof < 2) & ~correlation.isnan(), 1.0)


def strongest_p_value(
    p_value: Float[Tensor, "*rest"], n_pairs: Num[Tensor, "*#rest"]
) -> Float[Tensor, "*rest"]:
    """One-sided p-value of the strongest of several correlations, from its p-value had it been the
    only one.

    The strongest of K independent null values is positive half of the time, and its size exceeds
    that of a single one with two-sided p-value t in a share 1 - (1 - t)^K of the cases. So p = (1 -
    (1 - 2 p1)^K) / 2 for positive values, and 1 minus that for negative ones. Exact for independent
    layer pairs, conservative for dependent ones (Šidák 1967, "Rectangular confidence regions for
    the means of multivariate normal distributions", JASA 62).

    Args:
        p_value: One-sided p-value of the chosen value on its own.
        n_pairs: Among how many it was chosen.

    Returns:
        In [0, 1]; NaN stays NaN; 1 stays 1.

    Example:
        >>> strongest_p_value(torch.tensor([0.01, 0.5, 0.99, 0.01]), torch.tensor([1, 5, 2, 2]))
        tensor([0.0100, 0.5000, 0.9802, 0.0198])
    """
    nearer = torch.minimum(p_value, 1 - p_value)
    # expm1 and log1p keep small p-values exact; log1p(-1) = -inf stands for certainty and is right.
    corrected = torch.expm1(torch.log1p(-2 * nearer) * n_pairs).mul_(-0.5)
    corrected = torch.where(p_value == 1, torch.zeros_like(corrected), corrected)
    return torch.where(p_value > 0.5, 1 - corrected, corrected)


def mean_ranks(
    values: Float[Tensor, "*lead samples columns"],
) -> Float[Tensor, "*lead samples columns"]:
    """Rank of every value within its column, starting at 1; equal values share the mean of their
    ranks.

    Args:
        values: Finite numbers.

    Returns:
        Ranks, in float64.

    Example:
        >>> mean_ranks(torch.tensor([[5.0], [0.0], [0.0], [7.0]])).flatten().tolist()
        [3.0, 1.5, 1.5, 4.0]
    """
    columns = values.mT.contiguous()
    in_order = columns.sort(dim=-1).values
    # The ranks of a run of equal values lie between how many are smaller, plus one, and how many
    # are not larger.
    smaller = torch.searchsorted(in_order, columns)
    not_larger = torch.searchsorted(in_order, columns, right=True)
    return (smaller + not_larger + 1).to(torch.float64).mul_(0.5).mT
