"""All evidence about every pair, in groups that a reader can be told about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgelab.inference.baselines import BASELINES
from edgelab.inference.table import PairSpace
from edgelab.screens import comparisons
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._association import association_features, score_matrix
from ._effects import effect_features
from ._given_regulators import given_regulators_features
from ._topology import topology_features

Matrix = Float[Array, "nodes nodes"]
# Samples that both groups of a comparison need before their distributions are compared.
_REPLICATES = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairFeatures:
    """Numbers about every ordered pair, each as if that pair were not known to be an edge.

    Attributes:
        pairs: The pairs.
        groups: Matrices `[sources, targets]` by name, by group: what a reader would call one kind
            of evidence.
        sign: Whether the target goes up (+1) or down (-1) with the source, NaN or 0 where that is
            unknown; None if nobody asked.
    """

    pairs: PairSpace
    groups: Mapping[str, Mapping[str, Matrix]]
    sign: Matrix | None = None

    def only(self, *groups: str) -> "PairFeatures":
        """Some of the groups; those that are not there are left out.

        Args:
            *groups: Names of groups.

        Returns:
            The same matrices, fewer of them.
        """
        return replace(
            self, groups={name: self.groups[name] for name in groups if name in self.groups}
        )


def pair_features(task: Task, model: Mapping[str, Matrix] | None = None) -> PairFeatures:
    """Collect what samples and known graph say about every pair.

    Args:
        task: Graph and samples.
        model: What trained GSNNs say, which saw no pair that they describe; None leaves that group
            out.

    Returns:
        The groups `intervention`, `association`, `given regulators`, `topology` and, if given,
        `model`, and signs; features that are unknown for every pair are left out.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> list(pair_features(perturbation_task(sachs())).groups)
        ['intervention', 'association', 'given regulators', 'topology']
    """
    pairs = PairSpace.between(task.data)
    adjacency = pairs.edge_mask(slice(0, pairs.n_targets)) & ~np.eye(pairs.n_targets, dtype=bool)
    groups = {
        "intervention": {**effect_features(task), **_replicated_shifts(task)},
        "association": association_features(task),
        "given regulators": given_regulators_features(task, adjacency),
        "topology": topology_features(adjacency),
        "model": dict(model or {}),
    }
    known = {name: _known(features) for name, features in groups.items()}
    return PairFeatures(
        pairs=pairs,
        groups={name: features for name, features in known.items() if features},
        sign=_signs(task),
    )


def _signs(task: Task) -> Matrix:
    """That of the effect of an intervention, and of the correlation where there is none."""
    everything = slice(0, task.data["function"].num_nodes)
    effect, association = (
        np.asarray(BASELINES[name](task).raw_scores(everything).extras["sign"], dtype=np.float64)
        for name in ("interventional_z", "pearson")
    )
    return np.where(np.isnan(effect) | (effect == 0), association, effect)


def _replicated_shifts(task: Task) -> dict[str, Matrix]:
    """Shifts against controls say something only where both have replicates."""
    sizes = [min(len(pair.treated), len(pair.control)) for pair in comparisons(task)]
    if max(sizes, default=0) < _REPLICATES:
        return {}
    return {name: score_matrix(BASELINES[name](task)) for name in ("ks_shift", "z_shift")}


def _known(features: Mapping[str, Matrix]) -> dict[str, Matrix]:
    return {
        name: matrix
        for name, matrix in features.items()
        if not np.isnan(_off_diagonal(matrix)).all()
    }


def _off_diagonal(matrix: Matrix) -> Array:
    return matrix[~np.eye(len(matrix), dtype=bool)]
