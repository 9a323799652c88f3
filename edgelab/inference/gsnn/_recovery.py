"""How well a scorer finds edges that were hidden from it."""

from collections.abc import Sequence

import pandas as pd

from edgelab.evaluation import NamedEdges, evaluate_target_ranking


class EdgeRecovery:
    """Gives scorers the static `evaluate_target_ranking`."""

    @staticmethod
    def evaluate_target_ranking(
        res: pd.DataFrame,
        positive_edges: NamedEdges,
        score_col: str = "score",
        top_k: Sequence[int] = (1, 3, 5),
        *,
        known_edges: NamedEdges = (),
        filtered: bool = True,
    ) -> tuple[pd.DataFrame, dict[str, float]]:
        """Rank held-out edges within their targets: `edgelab.evaluation.evaluate_target_ranking`.

        Args:
            res: An edge table.
            positive_edges: The held-out edges, as pairs of names or a table with `source` and
                `target`.
            score_col: The column to rank by; larger means likelier, NaN ranks last.
            top_k: For which k to report the fraction of edges ranked at most k.
            known_edges: Further true edges, left out of the pools when `filtered`.
            filtered: Rank against false sources only; if false, against every other source.

        Returns:
            One row per held-out edge, and a dict with `mrr` and `top@k`.
        """
        return evaluate_target_ranking(
            res, positive_edges, score_col, top_k, known_edges=known_edges, filtered=filtered
        )
