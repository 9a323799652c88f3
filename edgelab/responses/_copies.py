"""Many small GSNNs trained as one: disjoint copies of a graph, each with weights and training rows
of its own.
"""

from dataclasses import dataclass

import torch
from torch_geometric.data import HeteroData

from edgelab.errors import ConfigError
from edgelab.graphs import EDGE_TYPES, NODE_TYPES
from edgelab.models import GSNN
from edgelab.ops import Batch
from edgelab.training import Hooks, TrainingConfig, fit
from edgelab.typing import Float, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySettings:
    """Size and training of every copy.

    Attributes:
        channels: Hidden channels of each function.
        layers: Blocks; a path of k edges between functions needs k + 1.
        epochs: Steps of training; every step sees all rows.
        every: Steps between two looks at the predictions.
        lr: Learning rate.
        weight_decay: Strength of the pull of every weight towards 0.
        seed: Of the initial weights.

    Raises:
        ConfigError: If `every` is not a positive number that divides `epochs`; other values are
            checked where used.

    Example:
        >>> CopySettings(epochs=20).channels
        5
    """

    channels: int = 5
    layers: int = 10
    epochs: int = 300
    every: int = 10
    lr: float = 1e-2
    weight_decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (isinstance(self.every, int) and self.every > 0 and self.epochs % self.every == 0):
            raise ConfigError(
                f"every must be a positive integer that divides epochs={self.epochs}, got {self.every!r}"
            )


def copies_of(data: HeteroData, count: int) -> HeteroData:
    """A graph that consists of disjoint copies of another.

    Args:
        data: A graph as `build_graph` makes it.
        count: How many copies.

    Returns:
        A graph without attributes on its edges; the nodes of copy k follow those of copy k - 1, and
        `#k` is appended to their names.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph([("a", "b")], input_edges=[("drug", "a")], output_edges=[("b", "read")])
        >>> copies_of(data, 2)["function"].node_names
        ['a#0', 'b#0', 'a#1', 'b#1']
    """
    copies = HeteroData()
    size = {kind: len(data[kind].node_names) for kind in NODE_TYPES}
    for kind in NODE_TYPES:
        copies[kind].node_names = [
            f"{name}#{copy}" for copy in range(count) for name in data[kind].node_names
        ]
        copies[kind].num_nodes = count * size[kind]
    for edge_type in EDGE_TYPES:
        source, _, target = edge_type
        step = torch.tensor([[size[source]], [size[target]]])
        copies[edge_type].edge_index = torch.cat(
            [data[edge_type].edge_index.cpu() + copy * step for copy in range(count)], dim=1
        )
    return copies


def train_copies(
    data: HeteroData,
    x: Float[Tensor, "samples inputs"],
    y: Float[Tensor, "copies samples outputs"],
    weight: Float[Tensor, "copies samples outputs"],
    new_x: Float[Tensor, "new inputs"],
    settings: CopySettings | None = None,
) -> Float[Tensor, "looks copies new outputs"]:
    """Train a GSNN per copy, and look at its predictions again and again.

    The copies share no weight and no edge, so each is the GSNN that it would be alone; together
    they take one pass of large tensor operations instead of many passes of small ones. The mean
    loss of a copy does not depend on the others.

    Args:
        data: The graph.
        x: What was done to each sample; the same for all copies.
        y: What every copy is to predict.
        weight: Which entries count in the training of which copy, and how much; each copy needs
            some.
        new_x: What to predict.
        settings: Size and training.

    Returns:
        Predictions after every `settings.every` steps.

    Raises:
        TrainingError: If the loss stops being finite.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph([("a", "b")], input_edges=[("drug", "a")], output_edges=[("b", "read")])
        >>> x, y = torch.ones(4, 1), torch.ones(2, 4, 1)
        >>> train_copies(data, x, y, torch.ones_like(y), x, CopySettings(layers=2, epochs=20)).shape
        torch.Size([2, 2, 4, 1])
    """
    settings, count = settings or CopySettings(), len(y)
    copies = copies_of(data, count)
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        model = GSNN.from_data(copies, settings.channels, settings.layers, norm="none")
    for name, parameter in model.named_parameters():
        # The only weights that all functions share, and through which a copy would learn of the
        # others: left at 1.
        parameter.requires_grad_(not name.endswith("residual_weight"))
    looks: list[Tensor] = []

    def look(epoch: int) -> None:
        if epoch % settings.every == 0:
            with torch.no_grad():
                looks.append(_by_copy(model(new_x.repeat(1, count)), count))

    # Each copy's weights add up to the same, so none is trained on a larger loss than the others.
    share = weight / weight.sum(dim=(1, 2), keepdim=True)
    fit(
        model,
        x.repeat(1, count),
        _side_by_side(y),
        TrainingConfig(
            epochs=settings.epochs,
            batch_size=len(x),
            lr=settings.lr,
            weight_decay=settings.weight_decay,
            seed=settings.seed,
            device="cpu",
            progress=False,
        ),
        corruption=_Weighted(_side_by_side(share)),
        callbacks=[Hooks(after_epoch_do=lambda record: look(record.epoch))],
    )
    return torch.stack(looks)


@dataclass(frozen=True, slots=True, eq=False)
class _Weighted:
    """Leaves the samples as they are and says which entries count."""

    weight: Tensor

    def __call__(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Batch:
        return Batch(x, y, self.weight)


def _side_by_side(
    values: Float[Tensor, "copies samples outputs"],
) -> Float[Tensor, "samples columns"]:
    return values.permute(1, 0, 2).flatten(1)


def _by_copy(
    values: Float[Tensor, "samples columns"], count: int
) -> Float[Tensor, "copies samples outputs"]:
    return values.unflatten(1, (count, -1)).permute(1, 0, 2)
