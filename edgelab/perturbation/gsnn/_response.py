"""What trained models predict for one response when edges are weakened, strengthened or opened."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, DataError, GraphError, close_names, shorten
from edgelab.models import GSNN
from edgelab.ops import threads_for_pass
from edgelab.typing import Array, Bool, Float, Int, Tensor

# Numbers of edge state that are held at once when many variants are asked for.
_LARGEST_STATE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeResponse:
    """A response as a function of edge strengths, according to models that are wired alike.

    The strength of an edge multiplies what the edge carries in every layer: 1 is the edge as
    trained, 0 without it.

    Attributes:
        models: Trained models, frozen, in float64.
        x: The distinct inputs over which the response is averaged.
        weight: Share of each of them; sums to 1.
        output: Number of the output.
        places: Where the edges that may change stand among the models' edges.
        start: Their strength now.
    """

    models: tuple[GSNN, ...]
    x: Float[Tensor, "samples inputs"]
    weight: Float[Tensor, " samples"]
    output: int
    places: Int[Tensor, " edges"]
    start: Float[Tensor, " edges"]

    @property
    def ends(self) -> Int[Tensor, "two edges"]:
        """Numbers of source and target function of every edge that may change."""
        graph = self.models[0].graph
        return torch.stack([graph.source, graph.target])[:, self.places.cpu()]

    @torch.no_grad()
    def baseline(self) -> float:
        """Predict the response without any change, as the mean of the models."""
        return float(self.of_changes(torch.zeros_like(self.start)[None]).mean())

    def of_changes(
        self, changes: Float[Tensor, "variants edges"]
    ) -> Float[Tensor, "variants models"]:
        """Predict the response to several perturbations.

        Args:
            changes: What is added to the strength of every edge, one perturbation per row.

        Returns:
            The mean response over the samples, one column per model; gradients flow through.
        """
        n_edges = len(self.models[0].edges)
        size = max(1, _LARGEST_STATE // (len(self.x) * n_edges))
        return torch.cat([self._of_some(part) for part in changes.split(size)])

    def _of_some(self, changes: Tensor) -> Tensor:
        strength = torch.ones(len(self.models[0].edges), len(changes)).to(self.start)
        strength = strength.index_copy(0, self.places, (self.start + changes).t()).t()
        x = self.x.repeat(len(changes), 1)
        mask = strength.repeat_interleave(len(self.x), 0)
        means = []
        with self.threads(len(changes)):
            for model in self.models:
                responses = model(x, edge_mask=mask)[:, self.output].view(len(changes), -1)
                means.append(responses @ self.weight)
        return torch.stack(means, 1)

    def threads(self, n_variants: int) -> AbstractContextManager[None]:
        """As many threads as predicting so many perturbations, or their gradient, is worth."""
        return threads_for_pass(self.models[0], n_variants * len(self.x))


def samples_of(dataset: Dataset, condition: str | None) -> Bool[Array, " samples"]:
    """Mark the samples over which a response is averaged.

    Args:
        dataset: The samples.
        condition: Only those of this condition; None: all.

    Returns:
        A mask.

    Raises:
        ConfigError: If no sample has the condition.
    """
    if condition is None:
        return np.ones(dataset.n_samples, dtype=bool)
    known = [str(name) for name in dataset.condition.unique()]
    if condition not in known:
        raise ConfigError(
            f"no sample has the condition {condition!r} ({close_names(condition, known)}); "
            f"the conditions are {shorten(sorted(known), 12)}"
        )
    return (dataset.condition.astype(str) == condition).to_numpy()


def edge_response(
    models: Sequence[GSNN],
    x: Float[Tensor, "samples inputs"],
    output: str,
    edges: Sequence[tuple[str, str]],
    start: Sequence[float],
) -> EdgeResponse:
    """Put models and samples together.

    Args:
        models: Trained, with the same nodes and edges.
        x: The samples over which the response is averaged, in any order.
        output: Name of the output.
        edges: The function→function edges that may change, all edges of the models.
        start: Strength of each of them now: 1 for an edge at work, 0 for one that is closed.

    Returns:
        The response; the models are copied.

    Raises:
        ConfigError: If there is no model, or models are wired differently.
        DataError: If there is no sample.
        GraphError: If the output or an edge is unknown.
    """
    if not models or any(model.edges != models[0].edges for model in models):
        raise ConfigError(
            f"{len(models)} models were given; give at least one, all with the same edges in one "
            "order"
        )
    if not len(x):
        raise DataError(
            "no sample is left to average the response over; choose a condition that occurs"
        )
    names = models[0].output_names
    if output not in names:
        raise GraphError(
            f"no output is called {output!r} ({close_names(output, names)}); "
            f"the outputs are {names}"
        )
    place = _function_edges(models[0])
    unknown = [pair for pair in edges if pair not in place]
    if unknown:
        raise GraphError(
            f"the models have no function→function edge {shorten(unknown)}; "
            "add it to their graph first"
        )
    frozen = tuple(deepcopy(model).double().eval().requires_grad_(False) for model in models)
    device = next(frozen[0].parameters()).device
    rows, counts = torch.unique(x.to(device, torch.float64), dim=0, return_counts=True)
    return EdgeResponse(
        models=frozen,
        x=rows,
        weight=counts.double() / counts.sum(),
        output=names.index(output),
        places=torch.tensor([place[pair] for pair in edges], dtype=torch.int64, device=device),
        start=torch.tensor(list(start), dtype=torch.float64, device=device),
    )


def _function_edges(model: GSNN) -> dict[tuple[str, str], int]:
    """Position of every function→function edge by name."""
    place: dict[tuple[str, str], int] = {}
    inside = (model.graph.source < model.n_functions) & (model.graph.target < model.n_functions)
    names = model.edges
    for position in inside.nonzero().flatten().tolist():
        # A self edge of the prior comes before the model's own.
        place.setdefault(names[position], position)
    return place
