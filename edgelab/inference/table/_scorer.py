"""What a scorer is: an object that knows its pairs and gives raw scores for a block of targets.

`edge_table` does everything else: names, existing edges, q-values, order. A scorer may have read a
model (`MagnitudeEdgeInferer`) or look at the data only (the baselines); the table cannot tell.
Asking for targets block by block lets it stream graphs whose full table would not fit into memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from edgelab.errors import TableError, shorten
from edgelab.table import COLUMNS
from edgelab.typing import Array, Bool, Num, Tensor

from ._pairs import PairSpace

Matrix = (
    Num[Array, "sources targets"]
    | Num[Tensor, "sources targets"]
    | Bool[Array, "sources targets"]
    | Bool[Tensor, "sources targets"]
)
"""One number per pair, `[sources, targets]`: a numpy array, or a tensor on any device."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawScores:
    """Scores of every pair of a block of targets, before names and order.

    Attributes:
        score: Larger means likelier; NaN where it cannot be estimated. `[sources, targets]`.
        p_value: In [0, 1], NaN where there is no test; None when the scorer has no test at all.
        extras: Further columns of the edge table, by name, in order: `sign`, `n_cond`,
            `corr_a0_g1`, ...

    Raises:
        TableError: If the shapes differ or an extra takes the name of a fixed column.

    Example:
        >>> import numpy as np
        >>> RawScores(score=np.eye(2)).shape
        (2, 2)
    """

    score: Matrix
    p_value: Matrix | None = None
    extras: Mapping[str, Matrix] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken = [name for name in self.extras if name in COLUMNS]
        if taken:
            raise TableError(
                f"extras must not be called {shorten(taken)}: these are fixed columns; rename them"
            )
        matrices = dict(self.extras)
        if self.p_value is not None:
            matrices["p_value"] = self.p_value
        for name, matrix in matrices.items():
            if tuple(matrix.shape) != self.shape:
                raise TableError(
                    f"{name!r} has shape {tuple(matrix.shape)} but `score` {self.shape}; they must "
                    "be equal"
                )

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of sources and of targets."""
        return tuple(self.score.shape)


ScoreBlock = Callable[[slice], RawScores]
"""Raw scores of a range of targets, every source included; the slice has a start and a stop."""


@runtime_checkable
class EdgeScorer(Protocol):
    """Anything that scores pairs; `edge_table(scorer.raw_scores, scorer.pairs)` makes its table."""

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        ...

    def raw_scores(self, targets: slice) -> RawScores:
        """Scores of all sources for some targets.

        The numbers must not depend on how the targets are cut into blocks.

        Args:
            targets: A range of target positions with a start and a stop.

        Returns:
            Matrices `[sources, targets of the range]`.
        """
        ...
