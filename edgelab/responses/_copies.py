"""Many small GSNNs trained as one: disjoint copies of a graph, each with its own weights."""

from dataclasses import dataclass

import torch
from torch_geometric.data import HeteroData

from edgelab.checks import check_integer
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
        check_integer("every", self.every, why=f"it divides epochs={self.epochs}")
        if self.epochs % self.every:
            raise ConfigError(f"every must divide epochs={self.epochs}, got {self.every!r}")


def copies_of(data: HeteroData, count: int) -> HeteroData:
    """A graph of disjoint copies of another, copy after copy; its edges carry no attributes."""
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
    # How much each entry counts; every copy needs some weight.
    weight: Float[Tensor, "copies samples outputs"],
    new_x: Float[Tensor, "new inputs"],
    settings: CopySettings,
) -> Float[Tensor, "looks copies new outputs"]:
    """Train a GSNN per copy, and look at its predictions after every `settings.every` steps."""
    # The copies share no weight and no edge, so each is the GSNN that it would be alone; together
    # they take one pass of large tensor operations instead of many passes of small ones.
    count = len(y)
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

    # Each copy's weights add up to the same: its loss does not depend on the others.
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
    """Leaves the samples as they are, and gives each entry its weight."""

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
