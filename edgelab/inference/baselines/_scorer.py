"""What every baseline returns, and the registry that lists them."""

from collections.abc import Callable
from dataclasses import dataclass

from edgelab.inference.table import EdgeScorer, PairSpace, RawScores, ScoreBlock
from edgelab.registry import Registry
from edgelab.tasks import Task

BASELINES: Registry[Callable[[Task], EdgeScorer]] = Registry("baseline")
"""Baselines by name: `BASELINES["pearson"](task)` is a scorer."""


@dataclass(frozen=True, slots=True, eq=False)
class BaselineScorer:
    """A scorer that was given its pairs and the function that scores them.

    Attributes:
        pairs: The pairs that are scored.
        raw_scores: Gives the raw scores of a range of targets.
    """

    pairs: PairSpace
    raw_scores: ScoreBlock


def fixed_scores(raw: RawScores) -> ScoreBlock:
    """Serve blocks of scores that have been computed already."""

    def block(targets: slice) -> RawScores:
        p_value = None if raw.p_value is None else raw.p_value[:, targets]
        extras = {name: matrix[:, targets] for name, matrix in raw.extras.items()}
        return RawScores(score=raw.score[:, targets], p_value=p_value, extras=extras)

    return block
