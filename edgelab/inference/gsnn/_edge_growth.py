"""Function-to-function candidates: how much of the loss could one new edge take, in closed form?"""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.checks import check_choice
from edgelab.errors import CaptureError, ConfigError, DataError
from edgelab.evaluation import NamedEdges, evaluate_against
from edgelab.growth.gsnn import EdgeMoments, edge_gains, edge_moments, entering_slots
from edgelab.inference.table import PairSpace, RawScores, edge_table
from edgelab.models import GSNN, block_signals
from edgelab.ops import Batch, Criterion, threads_for
from edgelab.progress import tracked
from edgelab.typing import Float, Tensor

from ._model_checks import check_same_functions
from ._recovery import EdgeRecovery

# Entries of the largest intermediate tensor: targets are scored so many at a time that it stays
# below.
_LARGEST_BLOCK = 2**24


class EdgeGrowthScorer(EdgeRecovery):
    """Scores i -> j by the share of the loss's pull at j that one new edge from i could follow.

    The closed form by which a GSNN grows channels (`edgelab.growth.grow_gsnn`), applied between two
    functions: a new edge sends one combination of the channels of i into the channels of j one
    layer later. Of all combinations the best explains s² of the squared gradient at j, after the
    edges that already enter j have done what they can. The score is the mean over layers of s²
    divided by the squared gradient at j in that layer: it lies in [0, 1]. With `relative_to="all"`
    the divisor is the squared gradient at all functions of the layer, so that targets at which the
    loss hardly pulls score low. On the convergence graph that ranks better, on DREAM4 worse.

    The score says nothing about significance: there are no p-values. Memory grows with the square
    of functions times channels (8 bytes each, per pair of layers).

    Args:
        model: A trained GSNN with at least two layers.
        data: The graph that the model was built from.
        relative_to: `"target"` or `"all"`.

    Raises:
        GraphError: If model and graph name different functions.
        ConfigError: If the model has fewer than two layers, or `relative_to` is unknown.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> rim = {"input_edges": [("drug", "raf")], "output_edges": [("mek", "signal")]}
        >>> graph = build_graph([("raf", "mek")], **rim)
        >>> _ = torch.manual_seed(0)
        >>> scorer = EdgeGrowthScorer(GSNN.from_data(graph, channels=4, layers=3), graph)
        >>> scorer.fit([(torch.randn(20, 1), torch.randn(20, 1))])
        20
        >>> scorer.evaluate()[["src_func", "dst_func", "has_edge"]].values.tolist()
        [['raf', 'mek', True], ['mek', 'raf', False]]
    """

    def __init__(self, model: GSNN, data: HeteroData, *, relative_to: str = "target") -> None:
        check_same_functions(model, data)
        if model.layers < 2:
            raise ConfigError(
                f"EdgeGrowthScorer needs a model with at least 2 layers, got {model.layers}"
            )
        check_choice("relative_to", relative_to, ("target", "all"))
        self.model = model
        self.relative_to = relative_to
        self._pairs = PairSpace.between(data)
        self._slots = entering_slots(model)
        self._moments: list[EdgeMoments] = []
        self.n_samples = 0

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        return self._pairs

    def fit(
        self,
        batches: Iterable[Batch | tuple[Tensor, ...]],
        criterion: str | Criterion | None = None,
        progress: bool = True,
    ) -> int:
        """Forget earlier samples and take these.

        The model runs in evaluation mode; its modes and its parameters' `.grad` are left as they
        were.

        Args:
            batches: `Batch`es, or tuples (x, y) or (x, y, weight), each sample once. Sizes may
                differ.
            criterion: The loss whose gradients are read, as in `MagnitudeEdgeInferer.fit`; its
                scale does not matter.
            progress: Show a bar when standard error is a terminal.

        Returns:
            The number of samples.

        Raises:
            DataError: If there is no sample, or a batch is of the wrong form or not finite.
        """
        self._moments = []
        self.n_samples = 0
        self.update(batches, criterion, progress)
        if not self.n_samples:
            raise DataError(
                "`batches` holds no sample; pass at least one batch, and not an iterator already "
                "used up"
            )
        return self.n_samples

    def update(
        self,
        batches: Iterable[Batch | tuple[Tensor, ...]],
        criterion: str | Criterion | None = None,
        progress: bool = True,
    ) -> int:
        """Add samples to those already seen.

        Args:
            batches: See `fit`.
            criterion: See `fit`; the same one each time.
            progress: See `fit`.

        Returns:
            The number of samples added.
        """
        before = self.n_samples
        self._slots = self._slots.to(self.model.wiring.row_of_edge.device)
        shown = tracked(batches, "reading gradients", shown=progress)
        for signals in block_signals(self.model, shown, criterion, edge_states=True):
            with threads_for(signals.n_samples * self._n_pairs_of_channels):
                moments = edge_moments(self.model, signals, self._slots)
            if self._moments:
                moments = [a + b for a, b in zip(self._moments, moments, strict=True)]
            self._moments = moments
            self.n_samples += signals.n_samples
        return self.n_samples - before

    def raw_scores(self, targets: slice) -> RawScores:
        """Scores of a block of targets.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Shares; NaN for a target at which the loss does not pull.

        Raises:
            CaptureError: If no sample has been seen.
        """
        if not self._moments:
            raise CaptureError("no samples have been seen; call fit(batches) first")
        wanted = torch.arange(targets.start, targets.stop, device=self._slots.device)
        with threads_for(self.model.channels * self._n_pairs_of_channels):
            shares = [self._shares(part) for part in wanted.split(self._targets_at_once())]
        no_target = torch.empty(self.pairs.n_sources, 0, dtype=torch.float64, device=wanted.device)
        return RawScores(score=torch.cat([no_target, *shares], dim=1))

    @property
    def _n_pairs_of_channels(self) -> int:
        return (self.pairs.n_sources * self.model.channels) ** 2

    def _shares(self, targets: Tensor) -> Float[Tensor, "sources targets"]:
        # Layer by layer: gradients shrink with the distance to the outputs, and so late layers
        # would decide alone.
        shares = torch.zeros(
            self.pairs.n_sources, len(targets), dtype=torch.float64, device=targets.device
        )
        pulled = torch.zeros(len(targets), dtype=torch.bool, device=targets.device)
        for moments in self._moments:
            power = moments.power.sum() if self.relative_to == "all" else moments.power[targets]
            shares += edge_gains(moments, self._slots, targets) / torch.where(power > 0, power, 1.0)
            pulled |= power > 0
        return (shares / len(self._moments)).masked_fill(~pulled, torch.nan)

    def _targets_at_once(self) -> int:
        features = len(self._moments[0].pull)
        slots = self._slots.shape[1]
        return max(1, _LARGEST_BLOCK // (features * max(slots, self.model.channels)))

    def evaluate(self, exclude_self: bool = True, top: int | None = None) -> pd.DataFrame:
        """The edge table; `score` is the share of the target's pull that the edge could follow.

        Args:
            exclude_self: Leave out pairs of a node with itself.
            top: Keep only the best `top` candidates of every target, without ever building the full
                table.

        Returns:
            One row per pair; p- and q-values are NaN.
        """
        return edge_table(self.raw_scores, self.pairs, exclude_self=exclude_self, top=top)

    def evaluate_against(
        self,
        positive_edges: NamedEdges,
        top_k: Sequence[int] = (1, 3, 5),
        *,
        known_edges: NamedEdges = (),
        filtered: bool = True,
    ) -> dict[str, float]:
        """How well the scores recover held-out edges, by `edgelab.evaluation.evaluate_against`.

        Args:
            positive_edges: The held-out edges, as pairs of names or a table with `source` and
                `target`.
            top_k: For which k to report the fraction of edges ranked at most k within their target.
            known_edges: Further true edges, which are no negatives.
            filtered: False reproduces the pool of the reference: every other source competes.

        Returns:
            `auc`, `auprc`, `mrr`, `top@k` and more.
        """
        return evaluate_against(
            self.evaluate(), positive_edges, known_edges=known_edges, top_k=top_k, filtered=filtered
        )
