"""Function-to-function candidates: does the size of a source's activation go with the pull on the
target?
"""

from edgelab.models import BlockSignals
from edgelab.typing import Tensor

from ._correlation_inferer import CorrelationEdgeInferer


class MagnitudeEdgeInferer(CorrelationEdgeInferer):
    """Scores i -> j by the correlation of the activation size of i with the gradient size of j one
    layer later.

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
        >>> graph = build_graph([("raf", "mek")], input_edges=[("drug", "raf")], output_edges=[("mek", "signal")])
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
