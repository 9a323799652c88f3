"""The gradient of edges that do not exist: how far an edge would pull the loss down."""

import torch
from torch_geometric.data import HeteroData

from edgelab.inference import PairSpace, RawScores
from edgelab.models import GSNN, block_signals
from edgelab.ops import Batch, threads_for
from edgelab.typing import Float, Tensor

# Directions of a source that carry less than this share of its strongest one are noise of the
# computation.
_LEAST_DIRECTION = 1e-6
# Memory of the moments of one block of targets: 64 MiB.
_BLOCK_BYTES = 2**26


class EdgeGradient:
    """Scores every pair i → j by the gradient of the hypothetical edge, without building it.

    An edge carries one number per layer, `a · h_i`, and adds `b` times it to what function j gets
    one layer later, with weights a and b over the channels. Its gradient is a matrix, `M = Σ h_i
    g_jᵀ` over the samples, with g the gradient of the loss at j. Centred, and with h_i freed of
    scale and correlation, the largest singular value of M says how much of the gradient at j the
    best such edge explains; the score is its square over Σ|g_j|², an explained share in [0, 1],
    averaged over layers. It does not depend on the scale of activations, loss or units. There is no
    test.

    Source: Evci et al. (2020), Rigging the Lottery, grow where the gradient is largest; the
        whitening is that of a score test.

    Args:
        model: A GSNN; its parameters keep the gradients they have.
        data: The graph of the model.
        batch: Samples to read, all at once.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph(
        ...     [("a", "c")],
        ...     input_edges=[("i", "a"), ("j", "b")],
        ...     output_edges=[("c", "o")],
        ...     functions=["a", "b", "c"],
        ... )
        >>> _ = torch.manual_seed(0)
        >>> x = torch.randn(200, 2)
        >>> model = GSNN.from_data(data, channels=2, layers=3)
        >>> scorer = EdgeGradient(model, data, Batch(x, x[:, 1:]))
        >>> scores = scorer.raw_scores(slice(0, 3)).score
        >>> int(scores[:, 2].argmax())  # c needs what b knows
        1
    """

    def __init__(self, model: GSNN, data: HeteroData, batch: Batch) -> None:
        self._pairs = PairSpace.between(data)
        (signals,) = block_signals(model, [batch], edge_states=True)
        # What leaves the functions, and the gradients at what they get; layers first.
        by_node = model.wiring.inward.rank_of_node
        values = torch.stack([sent[by_node].permute(2, 0, 1) for sent in signals.sent])
        gradients = torch.stack(signals.gradients).double().cpu()
        with threads_for(self._work(values)):
            self._values = _white(values[:-1].double().cpu())
        centred = gradients[1:] - gradients[1:].mean(1, keepdim=True)
        size = centred.square().sum((1, 3), keepdim=True).sqrt()
        self._gradients = torch.where(size > 0, centred / torch.where(size > 0, size, 1.0), 0.0)

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        return self._pairs

    def raw_scores(self, targets: slice) -> RawScores:
        """Score every source for some targets.

        Args:
            targets: A range of targets.

        Returns:
            Explained shares, averaged over layers.
        """
        n_sources, channels = self._values.shape[2:]
        step = max(1, _BLOCK_BYTES // (8 * n_sources * channels**2))
        with threads_for(self._work(self._values)):
            blocks = [
                self._block(slice(start, min(start + step, targets.stop)))
                for start in range(targets.start, targets.stop, step)
            ]
        return RawScores(score=torch.cat(blocks, dim=1))

    @staticmethod
    def _work(values: Float[Tensor, "layers batch nodes channels"]) -> float:
        """Products of all channels with all others in one layer, over the samples."""
        n_samples, n_nodes, channels = values.shape[1:]
        return float(n_samples * (n_nodes * channels) ** 2)

    def _block(self, targets: slice) -> Float[Tensor, "nodes targets"]:
        total = torch.zeros((), dtype=torch.float64)
        for value, gradient in zip(self._values, self._gradients[:, :, targets], strict=True):
            moments = torch.einsum("bic,bjd->ijcd", value, gradient)
            total = total + torch.linalg.matrix_norm(moments, 2).square()
        return total / len(self._values)


def _white(
    values: Float[Tensor, "layers batch nodes channels"],
) -> Float[Tensor, "layers batch nodes channels"]:
    """Centre, and turn channels into orthonormal directions; those that do not vary are zero."""
    centred = values - values.mean(1, keepdim=True)
    size, direction = torch.linalg.eigh(torch.einsum("lbic,lbid->licd", centred, centred))
    largest = size[..., -1:]
    varies = (size > _LEAST_DIRECTION * largest) & (largest > 0)
    scale = torch.where(varies, torch.where(varies, size, 1.0).rsqrt(), 0.0)
    return torch.einsum("lbic,licd->lbid", centred, direction * scale.unsqueeze(-2))
