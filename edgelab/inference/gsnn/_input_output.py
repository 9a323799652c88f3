"""Candidates at the rim of the graph: which function does an input reach, which function does an
output read?
"""

from edgelab.models import BlockSignals
from edgelab.typing import Tensor

from ._correlation_inferer import CorrelationEdgeInferer


class InputEdgeInferer(CorrelationEdgeInferer):
    """Scores input i -> function j by the correlation of |x_i| with the gradient size of j, in
    every layer.

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
    """Scores function i -> output o by the correlation of the activation size of i with the pull on
    o, in every layer.

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
