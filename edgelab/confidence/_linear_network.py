"""A linear model of the known network, fitted to the measurements that edges are planted in."""

from dataclasses import dataclass

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES
from edgelab.ops import does_not_vary
from edgelab.typing import Array, Float

from ._split_evidence import SplitEvidence

# Of the variance of a predictor, per sample: keeps the solution finite where predictors coincide.
_RIDGE = 1e-3
# A sample of which less than this part is left by the regression on the inputs tells nothing about
# its noise.
_OWN_INPUT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearNetwork:
    """Responses in standard deviations, and what known edges and inputs explain of them."""

    values: Float[Array, "samples functions"]
    mean: Float[Array, " functions"]
    spread: Float[Array, " functions"]
    # Weights of the known edges, [parent, child].
    weights: Float[Array, "functions functions"]
    # What the inputs add to each function directly.
    drive: Float[Array, "samples functions"]
    # Noise: what neither parents nor any input explain.
    residual: Float[Array, "samples functions"]

    @classmethod
    def fitted(cls, evidence: SplitEvidence) -> "LinearNetwork":
        """Fit it to all samples."""
        responses = evidence.responses
        x = evidence.x
        known = ~np.isnan(responses).any(axis=0)
        mean = np.where(known, responses.mean(axis=0), 0.0)
        spread = np.where(known, responses.std(axis=0), 1.0)
        spread[does_not_vary(mean, spread)] = 1.0
        # What nobody measured is 0: it takes no part in the fit, and is noise in the synthetic
        # network.
        values = np.where(known, (responses - mean) / spread, 0.0)
        weights, drive = _fit(values, x, evidence.whole.data)
        residual = _without_effects(values - values @ weights - drive, x)
        return cls(
            values=values,
            mean=mean,
            spread=spread,
            weights=weights,
            drive=drive,
            residual=residual,
        )

    def in_units(
        self, values: Float[Array, "samples functions"]
    ) -> Float[Array, "samples functions"]:
        """Values in standard deviations, in the units of the measurements."""
        return values * self.spread + self.mean


def _fit(
    values: Float[Array, "samples functions"], x: Float[Array, "samples inputs"], data: HeteroData
) -> tuple[Float[Array, "functions functions"], Float[Array, "samples functions"]]:
    """Ridge regression of functions on parents and inputs: weights, and the part of the inputs."""
    n_functions = values.shape[1]
    weights = np.zeros((n_functions, n_functions))
    drive = np.zeros(values.shape)
    parent, child = data[FUNCTION_EDGES].edge_index.cpu().numpy()
    source, hit = data[INPUT_EDGES].edge_index.cpu().numpy()
    x = x - x.mean(axis=0)
    for function in range(n_functions):
        parents = parent[(child == function) & (parent != function)]
        inputs = source[hit == function]
        design = np.concatenate([values[:, parents], x[:, inputs]], axis=1)
        penalty = _RIDGE * len(x) * np.eye(design.shape[1])
        solution = np.linalg.solve(design.T @ design + penalty, design.T @ values[:, function])
        weights[parents, function] = solution[: parents.size]
        drive[:, function] = x[:, inputs] @ solution[parents.size :]
    return weights, drive


def _without_effects(
    residual: Float[Array, "samples functions"], x: Float[Array, "samples inputs"]
) -> Float[Array, "samples functions"]:
    # What an input does to any function may be real and is taken out; what does not repeat is
    # noise. A sample that has an input for itself keeps its residual: nothing says what of it would
    # repeat.
    centred = x - x.mean(axis=0)
    inverse = np.linalg.pinv(centred)
    noise = residual - centred @ (inverse @ residual)
    # Fitted samples come out too quiet, each by the part of it that the fit could follow.
    kept = 1 - np.einsum("si,is->s", centred, inverse)
    scale = np.sqrt(np.maximum(kept, _OWN_INPUT))
    return np.where((kept > _OWN_INPUT)[:, None], noise / scale[:, None], residual)
