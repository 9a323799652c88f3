"""What a refinement leaves behind."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.graphs import edges_of
from edgelab.models import GSNN
from edgelab.training import History
from edgelab.typing import Array, Bool, Float, Int

CHANGES = ("kept", "added", "removed", "tried")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refinement:
    """A refined graph, what was changed and why, and a model trained on it.

    Attributes:
        prior: The graph before, nodes in the natural order of their names.
        data: The graph after.
        changes: One row per edge that ever was in the graph: `source`, `target`, `change` (`kept`,
            `added`, `removed`, or `tried`: grown and pruned again), `round` of the last change
            (from 1; 0 for edges never changed), `support` when it was last judged, `score` with
            which it was grown, `reason`. Changes first, by name.
        rounds: One row per round: `round`, `n_edges`, `validation_loss`, `n_removed`, `n_added`.
        model: The GSNN, trained from its initial weights on the refined graph and all samples.
        history: Course of that training.
    """

    prior: HeteroData
    data: HeteroData
    changes: pd.DataFrame
    rounds: pd.DataFrame
    model: GSNN
    history: History

    @property
    def edges(self) -> pd.DataFrame:
        """The refined function→function edges, as `build_graph` and `edgelab infer` read them."""
        return edges_of(self.data)

    def pairs(self, change: str) -> list[tuple[str, str]]:
        """Return the edges of one kind of change.

        Args:
            change: One of `CHANGES`.

        Returns:
            (source, target) names.
        """
        rows = self.changes[self.changes["change"] == change]
        return list(zip(rows["source"], rows["target"], strict=True))


class Ledger:
    """Keeps account of every edge while the graph changes; rounds are counted from 0."""

    def __init__(
        self, prior: Bool[Array, "nodes nodes"], start: Bool[Array, "nodes nodes"]
    ) -> None:
        self.prior = prior
        self.edges = start.copy()
        self.ever = prior | start  # edges that were there at any time
        # When it was last judged, with which it was grown, and the last round, from 1, that
        # changed it.
        self.support: Float[Array, "nodes nodes"] = np.full(prior.shape, np.nan)
        self.score: Float[Array, "nodes nodes"] = np.full(prior.shape, np.nan)
        self.changed: Int[Array, "nodes nodes"] = np.zeros(prior.shape, dtype=int)

    def remove(self, edges: Bool[Array, "nodes nodes"], position: int) -> None:
        """Take edges out."""
        self.edges &= ~edges
        self.changed[edges] = position + 1

    def add(
        self, edges: Bool[Array, "nodes nodes"], score: Float[Array, "nodes nodes"], position: int
    ) -> None:
        """Put edges in, for their score."""
        self.edges |= edges
        self.ever |= edges
        self.score[edges] = score[edges]
        self.changed[edges] = position + 1

    def table(self, names: tuple[str, ...], grown_because: str) -> pd.DataFrame:
        """`Refinement.changes`; the reason of growth has the score in `{score}`."""
        source, target = np.nonzero(self.ever)
        now = self.edges[source, target]
        before = self.prior[source, target]
        change = np.select([now & before, now, before], CHANGES[:3], CHANGES[3])
        table = pd.DataFrame(
            {
                "source": np.asarray(names, dtype=object)[source],
                "target": np.asarray(names, dtype=object)[target],
                "change": change,
                "round": self.changed[source, target],
                "support": self.support[source, target],
                "score": self.score[source, target],
            }
        )
        table["reason"] = [_reason(row, grown_because) for row in table.itertuples()]
        order = pd.Categorical(table["change"], ["added", "removed", "tried", "kept"], ordered=True)
        return table.iloc[np.argsort(order.codes, kind="stable")].reset_index(drop=True)


def _reason(row: object, grown_because: str) -> str:
    change, support, score = (getattr(row, name) for name in ("change", "support", "score"))
    grown = "" if np.isnan(score) else grown_because.format(score=score)
    if np.isnan(support):
        judged = "not in the first graph" if change == "removed" else ""
    else:
        judged = f"without it the loss of no output rises by more than {max(support, 0):.1%}"
        if change in {"kept", "added"}:
            judged = f"without it the loss of an output rises by {support:.1%}"
    return "; ".join(part for part in (grown, judged) if part)
