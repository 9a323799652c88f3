"""Raw scores of pairs from correlations in several layer pairs: aggregate them, and test against
chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from edgelab.errors import ConfigError
from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import (
    PairStatistics,
    fisher_p_value,
    mean_over_pairs,
    pooled_over_pairs,
    strongest_over_pairs,
    strongest_p_value,
)
from edgelab.typing import Int, Tensor

LayerAggregation = Literal["mean", "max", "pooled"]
CorrelationKind = Literal["corr", "partial", "spearman"]


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
        if self.layer_agg not in get_args(LayerAggregation):
            raise ConfigError(
                f"layer_agg must be one of {list(get_args(LayerAggregation))}, got {self.layer_agg!r}"
            )
        if self.score not in get_args(CorrelationKind):
            raise ConfigError(
                f"score must be one of {list(get_args(CorrelationKind))}, got {self.score!r}"
            )
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
    """Scores of a block of targets.

    Args:
        statistics: Of the sources' and targets' values, in each layer pair.
        pairs: Which sources and targets these are, and their known edges.
        options: How to score.
        names: Column name of each layer pair's correlation.
        targets: The block.

    Returns:
        The aggregated correlations, their p-values, and as extras `n_cond` (for `"partial"`: how
        many sources were held fixed) and the correlation in every layer pair.
    """
    parents = _known_parents(pairs)
    n_conditions = None
    if options.score == "partial":
        correlation = statistics.partial(targets, parents, options.ridge)
        if pairs.same_nodes:
            correlation[
                :, np.arange(targets.start, targets.stop), np.arange(targets.stop - targets.start)
            ] = torch.nan
        n_conditions = torch.bincount(parents[1], minlength=pairs.n_targets)[targets].to(
            correlation.device
        )
    elif options.score == "spearman":
        correlation = statistics.rank_correlation(targets)
    else:
        correlation = statistics.correlation(targets)
    if options.layer_agg == "max":
        score = strongest_over_pairs(correlation)
        n_pairs = (~correlation.isnan()).sum(dim=0)
        p_value = strongest_p_value(fisher_p_value(score, statistics.count, n_conditions), n_pairs)
    else:
        pooled = options.layer_agg == "pooled"
        score = (
            pooled_over_pairs(correlation, statistics.target_spread(targets))
            if pooled
            else mean_over_pairs(correlation)
        )
        p_value = fisher_p_value(score, statistics.count, n_conditions)
    extras: dict[str, Tensor] = dict(zip(names, correlation, strict=True))
    if n_conditions is not None:
        extras = {"n_cond": n_conditions.to(torch.int32).expand(score.shape), **extras}
    return RawScores(score=score, p_value=p_value, extras=extras)


def _known_parents(pairs: PairSpace) -> Int[Tensor, "2 edges"]:
    source, target = pairs.edge_index
    keep = source != target if pairs.same_nodes else np.ones(source.shape, dtype=bool)
    return torch.from_numpy(pairs.edge_index[:, keep])
