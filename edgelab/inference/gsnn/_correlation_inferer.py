"""The common part of scorers that correlate values and gradients inside a trained model."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import closing

import pandas as pd
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.errors import CaptureError, ConfigError, DataError
from edgelab.evaluation import NamedEdges, evaluate_against
from edgelab.inference.table import PairSpace, QFamily, RawScores, edge_table
from edgelab.models import BlockSignals, block_signals
from edgelab.ops import MAGNITUDES, Batch, Criterion, PairStatistics, threads_for
from edgelab.progress import tracked
from edgelab.typing import Tensor

from ._layer_correlations import (
    CorrelationKind,
    CorrelationOptions,
    LayerAggregation,
    correlation_scores,
)
from ._model_checks import check_same_functions, stage_with_magnitudes
from ._recovery import EdgeRecovery


class CorrelationEdgeInferer(EdgeRecovery, ABC):
    """Scores pairs by correlating a number per source with a number per target, layer by layer.

    The correlation is over samples; subclasses say which numbers. Samples come through `fit` or
    `update`, in batches of any size; two scorers that have seen different samples `merge` into what
    one would have seen.

    Args:
        model: A trained model with `capture()`.
        data: The graph that the model was built from.
        reduction: How the channels of a function become one number: `"l1"`, `"l2"`, `"max"` or
            `"mean"`.
        use_pre_norm: Read values before the norm; otherwise after norm and nonlinearity.
        max_sample_bytes: Room for the samples themselves, which rank correlations need; see
            `PairStatistics`.

    Raises:
        GraphError: If model and graph name different functions.
        ConfigError: If the reduction is unknown.
    """

    # Node types at the two ends of the candidates.
    source_type = "function"
    target_type = "function"
    # Correlations need at least this many layers of the model.
    fewest_layers = 1

    def __init__(
        self,
        model: nn.Module,
        data: HeteroData,
        reduction: str = "l1",
        use_pre_norm: bool = True,
        *,
        max_sample_bytes: int = 2**29,
    ) -> None:
        check_same_functions(model, data)
        self.model = model
        self.use_pre_norm = use_pre_norm
        self.reduction = reduction
        self.max_sample_bytes = max_sample_bytes
        self._reduce = MAGNITUDES[reduction]
        self._pairs = PairSpace.between(data, self.source_type, self.target_type)
        self._names: list[str] = []
        self.statistics = PairStatistics(max_sample_bytes=max_sample_bytes)

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        return self._pairs

    @property
    def n_samples(self) -> int:
        """How many samples the scores rest on."""
        return self.statistics.count

    def fit(
        self,
        batches: Iterable[Batch | tuple[Tensor, ...]],
        criterion: str | Criterion | None = None,
        device: str | torch.device | None = None,
        progress: bool = True,
    ) -> int:
        """Forget earlier samples and take these.

        The model runs in evaluation mode; its modes, its device and its parameters' `.grad` are
        left as they were.

        Args:
            batches: `Batch`es, or tuples (x, y) or (x, y, weight), each sample once. Sizes may
                differ.
            criterion: The loss whose gradients are read: a name, one loss per entry or sample, or a
                sum or mean over them. The summed squared error when absent. Its scale does not
                matter.
            device: Where to run the model; where it is when absent.
            progress: Show a bar when standard error is a terminal.

        Returns:
            The number of samples.

        Raises:
            DataError: If there is no sample, or a batch is of the wrong form or not finite.
        """
        self.statistics = PairStatistics(max_sample_bytes=self.max_sample_bytes)
        self.update(batches, criterion, device, progress)
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
        device: str | torch.device | None = None,
        progress: bool = True,
    ) -> int:
        """Add samples to those already seen.

        Args:
            batches: See `fit`.
            criterion: See `fit`; the same one each time, as gradients of different losses are
                different quantities.
            device: See `fit`.
            progress: See `fit`.

        Returns:
            The number of samples added.

        Raises:
            ConfigError: If the model has too few layers.
        """
        before = self.n_samples
        shown = tracked(batches, "reading gradients", shown=progress)
        stage = stage_with_magnitudes(self.model, self.use_pre_norm)
        signals = block_signals(self.model, shown, criterion, device=device, stage=stage)
        with closing(signals):  # the model's state comes back also when a batch fails
            for signal in signals:
                if len(signal.values) < self.fewest_layers:
                    raise ConfigError(
                        f"{type(self).__name__} needs a model with at least "
                        f"{self.fewest_layers} layers, got {len(signal.values)}"
                    )
                self._names = self._pair_names(len(signal.values))
                with threads_for(signal.n_samples * self.pairs.n_sources * self.pairs.n_targets):
                    self.statistics.update(*self._columns(signal))
        return self.n_samples - before

    def merge(self, other: "CorrelationEdgeInferer") -> None:
        """Add the samples that another scorer has seen, as if they had come here.

        Args:
            other: A scorer with the same options over the same nodes; left as it is.

        Raises:
            ConfigError: If it is another kind of scorer or has other options.
        """
        if self._identity() != other._identity():
            raise ConfigError(
                "scorers of different kind, reduction, use_pre_norm or nodes do not merge; build "
                "both alike"
            )
        self.statistics.merge(other.statistics)
        self._names = self._names or other._names

    def raw_scores(self, targets: slice, options: CorrelationOptions | None = None) -> RawScores:
        """Scores of a block of targets.

        Args:
            targets: A range of targets with a start and a stop.
            options: How pairs are scored; the defaults of `evaluate` when absent.

        Returns:
            Aggregated correlations, p-values and the correlations of every layer pair.

        Raises:
            CaptureError: If no sample has been seen.
            DataError: If fewer than three samples have been seen.
        """
        self._check_samples()
        options = options or CorrelationOptions()
        with threads_for(self.n_samples * self.pairs.n_sources * (targets.stop - targets.start)):
            return correlation_scores(self.statistics, self.pairs, options, self._names, targets)

    def evaluate(
        self,
        layer_agg: LayerAggregation = "mean",
        exclude_self: bool = True,
        score: CorrelationKind = "corr",
        ridge: float = 1e-8,
        top: int | None = None,
        *,
        q_family: QFamily = "candidates",
    ) -> pd.DataFrame:
        """The edge table.

        `p_value` is one-sided: the chance of a correlation at least this large (positive) if the
        true one were zero and samples independent (Fisher's z; degrees of freedom: samples - 3 -
        `n_cond`). For `layer_agg="mean"` and `"pooled"` the value is tested as if it came from one
        layer pair, which is conservative; for `"max"` the p-value accounts for the choice among
        layer pairs. A zero correlation is not the same as a missing edge: common drivers correlate
        too.

        Args:
            layer_agg: `"mean"` over the layer pairs in which the correlation is defined; `"max"`:
                the value furthest from zero, with its sign; `"pooled"`: one correlation over the
                data of all layer pairs, in which a layer counts the more, the more the target's
                gradient varies in it.
            exclude_self: Leave out pairs of a node with itself.
            score: `"corr"` (Pearson), `"partial"` (Pearson given the known sources of the target)
                or `"spearman"`.
            ridge: For `"partial"`: added to the diagonal of the correlations among the known
                sources.
            top: Keep only the best `top` candidates of every target, without ever building the full
                table.
            q_family: Which rows share the multiple-testing correction; see `edge_table`.

        Returns:
            One row per pair, the fixed columns, then `n_cond` (partial only) and one column per
            layer pair. NaN where a correlation is undefined: a source or target that does not vary,
            a source that is held fixed.

        Raises:
            CaptureError: If no sample has been seen.
            DataError: If fewer than three samples have been seen.
            ConfigError: If an option is unknown.
        """
        options = CorrelationOptions(layer_agg=layer_agg, score=score, ridge=ridge)
        self._check_samples()
        return edge_table(
            lambda targets: self.raw_scores(targets, options),
            self.pairs,
            exclude_self=exclude_self,
            q_family=q_family,
            top=top,
        )

    def evaluate_against(
        self,
        positive_edges: NamedEdges,
        top_k: Sequence[int] = (1, 3, 5),
        *,
        known_edges: NamedEdges = (),
        filtered: bool = True,
        layer_agg: LayerAggregation = "mean",
        score: CorrelationKind = "corr",
        ridge: float = 1e-8,
    ) -> dict[str, float]:
        """How well the scores recover held-out edges, by `edgelab.evaluation.evaluate_against`.

        Args:
            positive_edges: The held-out edges, as pairs of names or a table with `source` and
                `target`.
            top_k: For which k to report the fraction of edges ranked at most k within their target.
            known_edges: Further true edges, which are no negatives.
            filtered: False reproduces the pool of the reference: every other source competes.
            layer_agg: See `evaluate`.
            score: See `evaluate`.
            ridge: See `evaluate`.

        Returns:
            `auc`, `auprc`, `mrr`, `top@k` and more.
        """
        table = self.evaluate(layer_agg=layer_agg, score=score, ridge=ridge)
        return evaluate_against(
            table, positive_edges, known_edges=known_edges, top_k=top_k, filtered=filtered
        )

    def _identity(self) -> tuple[object, ...]:
        """What two scorers must have in common to merge."""
        nodes = (self.pairs.sources, self.pairs.targets)
        return (type(self), self.reduction, self.use_pre_norm, *nodes)

    def _check_samples(self) -> None:
        if not self.n_samples:
            raise CaptureError("no samples have been seen; call fit(batches) first")
        if self.n_samples < 3:
            raise DataError(
                f"a correlation needs at least 3 samples, got {self.n_samples}; fit on more"
            )

    @abstractmethod
    def _columns(self, signals: BlockSignals) -> tuple[Tensor, Tensor]:
        """The numbers of the sources and of the targets, each `[pairs or 1, batch, nodes]`."""

    @abstractmethod
    def _pair_names(self, layers: int) -> list[str]:
        """The column name of every layer pair's correlation."""

    def _magnitudes(self, layers: list[Tensor]) -> Tensor:
        return torch.stack([self._reduce(layer) for layer in layers])
