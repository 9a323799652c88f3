"""Partial correlations of every source with one target, given that target's own parents."""

from dataclasses import dataclass

import torch

from edgelab.typing import Float, Int, Tensor

# Below this share of its variance, what is left of a column after conditioning is rounding, not
# signal.
SMALLEST_SHARE = 1e-9
# Numbers per working block (float64): 4 Mi numbers are 32 MiB.
BLOCK_NUMBERS = 2**22


@dataclass(frozen=True, slots=True, eq=False)
class ParentGroups:
    """The targets of a block, grouped by how many parents they have: each is a batched product.

    `parents` are all sources that are a parent of some target of the block, ascending; a group has
    the positions of its `targets` within the block and, in `rows`, where in `parents` each target's
    parents stand, `[targets, conditions]`.
    """

    parents: Int[Tensor, " parents"]
    targets: tuple[Tensor, ...]
    rows: tuple[Tensor, ...]

    @classmethod
    def of(cls, edge_index: Int[Tensor, "2 edges"], targets: slice) -> "ParentGroups":
        """Group the targets of a block by their parents: sources and targets of `edge_index`."""
        source, target = edge_index
        here = (target >= targets.start) & (target < targets.stop)
        source = source[here]
        target = target[here] - targets.start
        source = source[target.argsort(stable=True)]
        parents, row = source.unique(return_inverse=True)
        degree = torch.bincount(target, minlength=targets.stop - targets.start)
        start = degree.cumsum(0) - degree
        positions = [
            (degree == conditions).nonzero().squeeze(1) for conditions in degree.unique().tolist()
        ]
        rows = [
            row[start[group].unsqueeze(1) + torch.arange(int(degree[group[0]]), device=row.device)]
            for group in positions
        ]
        return cls(parents=parents, targets=tuple(positions), rows=tuple(rows))


def partial_correlation(
    correlation: Float[Tensor, "sources targets"],
    parent_correlation: Float[Tensor, "parents sources"],
    groups: ParentGroups,
    ridge: float,
) -> Float[Tensor, "sources targets"]:
    """Correlation of each source with each target when the target's parents are held fixed.

    Correlations are 0 where a node does not vary. NaN for the parents themselves, and where
    conditioning leaves a share of the variance of the source or the target no larger than twice the
    ridge.

    Source: Anderson (2003), An Introduction to Multivariate Statistical Analysis, section 2.5.
    """
    # With S the parents of target j, and R correlations, the value for source i is
    # (R_ij - R_iS R_SS⁻¹ R_Sj) / sqrt((1 - R_iS R_SS⁻¹ R_Si) (1 - R_jS R_SS⁻¹ R_Sj)).
    # The ridge is added to the diagonal of R_SS: on correlations, it acts alike at any scale.
    result = correlation.clone()
    for targets, rows in zip(groups.targets, groups.rows, strict=True):
        if rows.shape[1] == 0:
            continue
        step = max(1, BLOCK_NUMBERS // (rows.shape[1] * correlation.shape[0]))
        for block, block_rows in zip(targets.split(step), rows.split(step), strict=True):
            values = _given_parents(
                correlation[:, block].mT,
                parent_correlation[block_rows],
                groups.parents[block_rows],
                ridge,
            )
            result[:, block] = values.mT
    return result


def _given_parents(
    with_target: Tensor, with_sources: Tensor, parents: Tensor, ridge: float
) -> Tensor:
    # For targets with equally many parents: R_ij [targets, sources], R_Si [targets, conditions,
    # sources] and S [targets, conditions]. With R_SS = L Lᵀ, every R_aS R_SS⁻¹ R_Sb is the inner
    # product of L⁻¹ R_Sa and L⁻¹ R_Sb.
    conditions = parents.shape[1]
    within = with_sources.gather(2, parents.unsqueeze(1).expand(-1, conditions, -1))
    diagonal = within.diagonal(dim1=1, dim2=2)
    # A parent that does not vary explains nothing.
    diagonal.copy_(torch.where(diagonal == 0, 1.0, diagonal) + ridge)
    root, failed = torch.linalg.cholesky_ex(within)
    whitening = torch.linalg.solve_triangular(
        root, torch.eye(conditions, dtype=root.dtype, device=root.device), upper=False
    )
    source_part = whitening @ with_sources
    target_part = whitening @ with_target.gather(1, parents).unsqueeze(2)
    remainder = with_target - (target_part.mT @ source_part).squeeze(1)
    source_share = 1 - source_part.square_().sum(dim=1)
    target_share = 1 - target_part.square_().sum(dim=1)
    smallest = max(SMALLEST_SHARE, 2 * ridge)
    undefined = (source_share <= smallest) | (target_share <= smallest) | (failed != 0).unsqueeze(1)
    # The root of a negative share is NaN, and masked as undefined; rounding can step over 1.
    values = remainder / (source_share * target_share).sqrt()
    values = values.clamp_(-1, 1).masked_fill_(undefined, torch.nan)
    return values.scatter_(1, parents, torch.nan)
