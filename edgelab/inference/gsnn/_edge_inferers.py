"""Edges a model lacks, by what is correlated: between functions, from inputs, into outputs."""

from edgelab.models import BlockSignals
from edgelab.typing import Tensor

from ._correlation_inferer import CorrelationEdgeInferer


class MagnitudeEdgeInferer(CorrelationEdgeInferer):
    """Scores function i -> function j: activation size of i against the gradient size of j.

    The score is their correlation over samples, j one layer after i.

    In layer pair (l, l + 1), x_i is the size of function i's activation in layer l and y_j the size
    of the gradient of the summed loss with respect to function j's activation in layer l + 1. Where
    the loss wants j to change whenever i is active, although no edge leads from i to j, an edge may
    be missing.

    Args:
        model: A trained GSNN with at least two layers.
        data: The graph that the model was built from.
        reduction: How a function's channels become its size: `"l1"`, `"l2"`, `"max"` or `"mean"`.
        use_pre_norm: Read activations before the norm; otherwise after norm and nonlinearity, which
            is allowed for norms that keep magnitudes (`"batch"`, `"groupbatch"`, `"none"`).
        max_sample_bytes: Room for the samples' sizes (two float32 numbers per function and layer
            pair), which Spearman correlations need; beyond it only moments are kept.

    Example:
        >>> import torch
        >>> from edgelab.graphs import build_graph
        >>> from edgelab.models import GSNN
        >>> rim = {"input_edges": [("drug", "raf")], "output_edges": [("mek", "signal")]}
        >>> graph = build_graph([("raf", "mek")], **rim)
        >>> _ = torch.manual_seed(0)
        >>> scorer = MagnitudeEdgeInferer(GSNN.from_data(graph, channels=4, layers=3), graph)
        >>> scorer.fit([(torch.randn(20, 1), torch.randn(20, 1))])
        20
        >>> scorer.evaluate()[["src_func", "dst_func", "has_edge"]].values.tolist()
        [['raf', 'mek', True], ['mek', 'raf', False]]
    """

    fewest_layers = 2

    def _columns(self, signals: BlockSignals) -> tuple[Tensor, Tensor]:
        return self._magnitudes(signals.values[:-1]), self._magnitudes(signals.gradients[1:])

    def _pair_names(self, layers: int) -> list[str]:
        return [f"corr_a{layer}_g{layer + 1}" for layer in range(layers - 1)]


class InputEdgeInferer(CorrelationEdgeInferer):
    """Scores input i -> function j: |x_i| against the gradient size of j, in every layer.

    An input's value stays on its edges through all layers, so a missing input edge would act in
    each of them. In the table, `src_func` holds the name of the input, `src_idx` its position among
    the inputs, and the columns `corr_x_g0`, `corr_x_g1`, ... the correlations by layer. p-values as
    for `MagnitudeEdgeInferer`; with `score="partial"` the inputs already connected to j are held
    fixed.

    Args:
        model: A trained GSNN.
        data: The graph that the model was built from.
        reduction: How a function's channels become its size.
        use_pre_norm: Read gradients before the norm.
        max_sample_bytes: Room for samples.
    """

    source_type = "input"

    def _columns(self, signals: BlockSignals) -> tuple[Tensor, Tensor]:
        return signals.x.abs().unsqueeze(0), self._magnitudes(signals.gradients)

    def _pair_names(self, layers: int) -> list[str]:
        return [f"corr_x_g{layer}" for layer in range(layers)]


class OutputEdgeInferer(CorrelationEdgeInferer):
    """Scores function i -> output o: activation size of i against the pull on o, in every layer.

    The pull is the size of the gradient of the loss with respect to the prediction of o; for
    squared errors twice the absolute residual. An output whose error goes with the activity of a
    function that it does not read may need to read it. In the table, `dst_func` holds the name of
    the output, `dst_idx` its position among the outputs, and the columns `corr_a0_y`, `corr_a1_y`,
    ... the correlations by layer. p-values as for `MagnitudeEdgeInferer`; with `score="partial"`
    the functions that o already reads are held fixed. Entries of weight 0 pull nothing.

    Args:
        model: A trained GSNN.
        data: The graph that the model was built from.
        reduction: How a function's channels become its size.
        use_pre_norm: Read activations before the norm.
        max_sample_bytes: Room for samples.
    """

    target_type = "output"

    def _columns(self, signals: BlockSignals) -> tuple[Tensor, Tensor]:
        return self._magnitudes(signals.values), signals.prediction_gradient.abs().unsqueeze(0)

    def _pair_names(self, layers: int) -> list[str]:
        return [f"corr_a{layer}_y" for layer in range(layers)]
