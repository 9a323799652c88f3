"""Correlations in several layer pairs: one score for each pair of nodes, and its p-value.

Undefined values are NaN throughout: a column that does not vary, a source among the nodes held
fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from edgelab.checks import check_choice
from edgelab.errors import ConfigError
from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import PairStatistics
from edgelab.typing import Float, Int, Num, Tensor

LayerAggregation = Literal["mean", "max", "pooled"]
CorrelationKind = Literal["corr", "partial", "spearman"]

# atanh grows without bound at 1; the reference caps correlations here before testing them.
LARGEST_TESTED = 0.9999


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationOptions:
    """How pairs are scored.

    Attributes:
        layer_agg: `"mean"` of the layer pairs in which the correlation is defined; the value
            furthest from zero among them with its sign (`"max"`); or one correlation over the data
            of all layer pairs (`"pooled"`), in which a layer counts the more, the more the target
            varies in it.
        score: Pearson (`"corr"`), Pearson given the target's known sources (`"partial"`) or
            Spearman (`"spearman"`).
        ridge: For `"partial"`: added to the diagonal of the correlations among the known sources,
            at least 0.

    Raises:
        ConfigError: If an option is not among its choices.
    """

    layer_agg: LayerAggregation = "mean"
    score: CorrelationKind = "corr"
    ridge: float = 1e-8

    def __post_init__(self) -> None:
        check_choice("layer_agg", self.layer_agg, get_args(LayerAggregation))
        check_choice("score", self.score, get_args(CorrelationKind))
        if not self.ridge >= 0:
            raise ConfigError(
                f"ridge must be at least 0, got {self.ridge!r}; 1e-8 keeps the inverse stable"
            )


def correlation_scores(
    statistics: PairStatistics,
    pairs: PairSpace,
    options: CorrelationOptions,
    names: Sequence[str],
    targets: slice,
) -> RawScores:
    """Scores of a block of targets; extras: `n_cond` if partial, and every layer pair's value."""
    correlation, n_conditions = _correlations(statistics, pairs, options, targets)
    if options.layer_agg == "max":
        score = strongest_over_pairs(correlation)
        n_pairs = (~correlation.isnan()).sum(dim=0)
        p_value = strongest_p_value(fisher_p_value(score, statistics.count, n_conditions), n_pairs)
    else:
        if options.layer_agg == "pooled":
            score = pooled_over_pairs(correlation, statistics.target_spread(targets))
        else:
            score = mean_over_pairs(correlation)
        p_value = fisher_p_value(score, statistics.count, n_conditions)
    extras: dict[str, Tensor] = dict(zip(names, correlation, strict=True))
    if n_conditions is not None:
        extras = {"n_cond": n_conditions.to(torch.int32).expand(score.shape), **extras}
    return RawScores(score=score, p_value=p_value, extras=extras)


def _correlations(
    statistics: PairStatistics, pairs: PairSpace, options: CorrelationOptions, targets: slice
) -> tuple[Float[Tensor, "pairs sources targets"], Int[Tensor, " targets"] | None]:
    """Correlations in every layer pair, and how many sources were held fixed for each target."""
    if options.score == "spearman":
        return statistics.rank_correlation(targets), None
    if options.score == "corr":
        return statistics.correlation(targets), None
    parents = _known_parents(pairs)
    correlation = statistics.partial(targets, parents, options.ridge)
    if pairs.same_nodes:
        # A function is not asked about itself, which is no parent of its own either.
        block = np.arange(targets.start, targets.stop)
        correlation[:, block, block - targets.start] = torch.nan
    n_conditions = torch.bincount(parents[1], minlength=pairs.n_targets)[targets]
    return correlation, n_conditions.to(correlation.device)


def _known_parents(pairs: PairSpace) -> Int[Tensor, "2 edges"]:
    source, target = pairs.edge_index
    keep = source != target if pairs.same_nodes else np.ones(source.shape, dtype=bool)
    return torch.from_numpy(pairs.edge_index[:, keep])


def mean_over_pairs(correlation: Float[Tensor, "pairs *rest"]) -> Float[Tensor, "*rest"]:
    """Mean over the layer pairs in which a correlation is defined."""
    mean = correlation.mean(dim=0)  # twice as fast as nanmean, and NaN exactly where that is needed
    return correlation.nanmean(dim=0) if mean.isnan().any() else mean


def strongest_over_pairs(correlation: Float[Tensor, "pairs *rest"]) -> Float[Tensor, "*rest"]:
    """The value furthest from zero, with its sign; of two equally far, the positive one."""
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
    """Correlation over the data of all layer pairs, each centred on its own mean.

    `spread` is the standard deviation of the targets in each layer pair, in any unit.
    """
    # Sources are standardised within each layer pair, so that no layer counts more for being
    # larger; targets keep their spread s_p, so that a layer counts the more, the more the target
    # varies in it. With r_p the correlation in pair p and n the number of pairs in which the source
    # varies, r = Σ s_p r_p / √(n Σ s_p²). A pair in which a source or a target does not vary adds
    # nothing, where `mean_over_pairs` would leave it out and trust the rest the more.
    # In units of its largest spread a target can neither overflow nor underflow.
    spread = spread / spread.amax(dim=0)
    total = spread.square().sum(dim=0) * (correlation.shape[0] / spread.shape[0])
    n_pairs = (~correlation.isnan()).sum(dim=0)
    pooled = torch.zeros_like(correlation[0])
    for value, weight in zip(correlation, spread.expand(len(correlation), -1), strict=True):
        pooled = pooled + value.nan_to_num(0.0) * weight
    return pooled.div((n_pairs * total).sqrt()).masked_fill(n_pairs == 0, torch.nan)


def fisher_p_value(
    correlation: Float[Tensor, "*lead targets"],
    count: int,
    n_conditions: Int[Tensor, " targets"] | None = None,
) -> Float[Tensor, "*lead targets"]:
    """One-sided Fisher z test of zero, `n_conditions` of the `count` samples' freedom spent.

    NaN where the correlation is; 1 where fewer than two degrees of freedom,
    `count - 3 - n_conditions`, are left.

    Source: Fisher (1924), "The distribution of the partial correlation coefficient", Metron 3.
    """
    dof = torch.tensor(count - 3, dtype=torch.float64, device=correlation.device)
    if n_conditions is not None:
        dof = dof - n_conditions
    capped = correlation.clamp(-LARGEST_TESTED, LARGEST_TESTED)
    # The square root of a negative number would be NaN, where 0 stands for "no test".
    z = capped.atanh_().mul_(dof.clamp(min=0).sqrt())
    # torch's ndtr has no correct digit below 1e-16.
    p_value = torch.special.erfc(z.mul_(0.5**0.5)).mul_(0.5)
    return p_value.masked_fill_((dof < 2) & ~correlation.isnan(), 1.0)


def strongest_p_value(
    p_value: Float[Tensor, "*rest"], n_pairs: Num[Tensor, "*#rest"]
) -> Float[Tensor, "*rest"]:
    """One-sided p-value of the strongest of several correlations, from its own as the only one.

    Exact for independent layer pairs, conservative for dependent ones; NaN stays NaN, 1 stays 1.

    Source: Šidák (1967), "Rectangular confidence regions for the means of multivariate normal
        distributions", JASA 62.
    """
    # The strongest of K independent null values is positive half of the time, and its size exceeds
    # that of a single one with two-sided p-value t in a share 1 - (1 - t)^K of the cases. So p = (1
    # - (1 - 2 p1)^K) / 2 for positive values, and 1 minus that for negative ones.
    nearer = torch.minimum(p_value, 1 - p_value)
    # expm1 and log1p keep small p-values exact; log1p(-1) = -inf stands for certainty and is right.
    corrected = torch.expm1(torch.log1p(-2 * nearer) * n_pairs).mul_(-0.5)
    corrected = torch.where(p_value == 1, torch.zeros_like(corrected), corrected)
    return torch.where(p_value > 0.5, 1 - corrected, corrected)
