"""Growing in one call: count, solve, try, apply."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch.optim import Optimizer

from edgelab.checks import check_integer
from edgelab.errors import ConfigError, GrowthError
from edgelab.ops import Criterion, summed, threads_for_pass
from edgelab.registry import Registry
from edgelab.typing import Tensor

from ._container import GrowingContainer
from ._growing_module import GrowingModule
from ._line_search import SCALINGS, LineSearch, line_search
from ._options import GRADMAX, TINY, TINY_AND_DELTA, UpdateOptions
from ._resize import Insertion

Batches = Iterable[tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthMethod:
    """How `grow` finds neurons.

    Attributes:
        options: What to look for in closed form; None for random neurons.
        normalisation: Applied to updates before they are tried, if any.
        searches: Whether a scaling is searched for; otherwise it is 1.
        neuron_pairing: For random neurons, see `GrowingModule.create_layer_extensions`.
    """

    options: UpdateOptions | None = None
    normalisation: str | None = None
    searches: bool = False
    neuron_pairing: str = "none"


GROWTH_METHODS: Registry[GrowthMethod] = Registry("way of growing")
GROWTH_METHODS.register("tiny_and_delta")(GrowthMethod(options=TINY_AND_DELTA, searches=True))
GROWTH_METHODS.register("tiny")(GrowthMethod(options=TINY, searches=True))
GROWTH_METHODS.register("gradmax")(
    GrowthMethod(options=GRADMAX, normalisation="gradmax_normalization")
)
GROWTH_METHODS.register("random")(GrowthMethod())
GROWTH_METHODS.register("pairing")(GrowthMethod(neuron_pairing="vv_z_negz"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one call of `grow` did.

    Attributes:
        added: New neurons before each growing layer, in the order of `growing_layers`.
        scaling: How far updates were taken.
        loss_before: Mean loss per sample before.
        loss_after: And after, on the same batches.
        first_order_improvement: What the slope at scaling 0 promised, summed over layers; None for
            random neurons.
        search: All scalings that were tried; None if none were.
        insertions: Which parameters grew, for further optimizers to `follow`.
    """

    added: list[int]
    scaling: float
    loss_before: float
    loss_after: float
    first_order_improvement: float | None
    search: LineSearch | None
    insertions: list[Insertion]


def grow(
    network: GrowingContainer,
    batches: Batches,
    loss: Criterion,
    n_neurons: int,
    *,
    method: str = "tiny_and_delta",
    optimizer: Optimizer | None = None,
    scalings: Sequence[float] = SCALINGS,
    generator: torch.Generator | None = None,
) -> Growth:
    """Add neurons to a network where its layers can grow.

    Counts over all batches, finds updates of every growing layer, keeps the neurons that explain
    most, tries scalings of everything together, and applies the best. Gradients of parameters are
    left alone.

    Args:
        network: A chain, or any other container.
        batches: Pairs `(x, y)`; kept in a list, so that scalings can be tried on them.
        loss: `loss(prediction, y)`; see `summed` for what it may return.
        n_neurons: How many to add in all; fewer come if nothing is left to explain.
        method: One of `GROWTH_METHODS`: `tiny_and_delta` also changes the present weights, `tiny`
            does not, `gradmax` keeps the function and adds the neurons of the largest gradient,
            `random` and `pairing` need no statistics, and `pairing` nearly keeps the function.
        optimizer: Follows the growth; its state of old weights is kept.
        scalings: What to try.
        generator: Source of randomness.

    Returns:
        What was done.

    Raises:
        ConfigError: If there are no batches, or none holds a sample.
        GrowthError: If no layer of the network can grow, or the loss is not finite.

    Example:
        >>> from torch import nn
        >>> from edgelab.growth import GrowingChain, LinearGrowingModule
        >>> _ = torch.manual_seed(0)
        >>> first = LinearGrowingModule(3, 2, post_layer_function=nn.ReLU())
        >>> chain = GrowingChain([first, LinearGrowingModule(2, 1)])
        >>> x = torch.randn(100, 3)
        >>> optimizer = torch.optim.Adam(chain.parameters())
        >>> batches = [(x, x.square().sum(1, keepdim=True))]
        >>> growth = grow(chain, batches, nn.MSELoss(), 1, optimizer=optimizer)
        >>> growth.added, chain.layers[1].in_features, growth.loss_after < growth.loss_before
        ([1], 3, True)
    """
    batches = list(batches)
    check_integer("n_neurons", n_neurons)
    if not batches:
        raise ConfigError("growing needs at least one batch, got none")
    if not network.growing_layers:
        raise GrowthError("no layer of this network can grow: none has a previous growing module")
    way = GROWTH_METHODS[method]
    with threads_for_pass(network, max(len(x) for x, _ in batches)):
        return _grow(network, batches, summed(loss), n_neurons, way, optimizer, scalings, generator)


def _grow(
    network: GrowingContainer,
    batches: Sequence[tuple[Tensor, Tensor]],
    loss: Criterion,
    n_neurons: int,
    way: GrowthMethod,
    optimizer: Optimizer | None,
    scalings: Sequence[float],
    generator: torch.Generator | None,
) -> Growth:
    layers = network.growing_layers
    before = _mean_loss(network, batches, loss)
    if not math.isfinite(before):
        raise GrowthError(
            f"the loss is {before} before growing; look for NaN or inf in x, y and the weights"
        )
    promised = None
    if way.options is None:
        _create_random(layers, n_neurons, way.neuron_pairing, generator)
    else:
        _count(network, batches, loss, way.options)
        network.compute_optimal_updates(way.options, maximum_added_neurons=n_neurons)
        promised = float(sum(layer.first_order_improvement for layer in layers))
        _keep_best(layers, n_neurons)
    if way.normalisation is not None:
        for layer in layers:
            layer.normalize_optimal_updates(normalization_type=way.normalisation)
    added = [_n_new(layer) for layer in layers]
    search = line_search(_loss_at(network, batches, loss), scalings) if way.searches else None
    scaling = 1.0 if search is None else search.scaling
    insertions = network.apply_change(scaling, optimizer)
    network.reset_computation()
    network.delete_update()
    return Growth(
        added=added,
        scaling=scaling,
        loss_before=before,
        loss_after=_mean_loss(network, batches, loss),
        first_order_improvement=promised,
        search=search,
        insertions=insertions,
    )


def _n_new(layer: GrowingModule) -> int:
    return 0 if layer.extended_input_layer is None else layer.extended_input_layer.weight.shape[1]


def _create_random(
    layers: list[GrowingModule], n_neurons: int, pairing: str, generator: torch.Generator | None
) -> None:
    shared_out = 0
    for index, layer in enumerate(layers, start=1):
        size = n_neurons * index // len(layers) - shared_out
        shared_out += size
        layer.create_layer_extensions(size, neuron_pairing=pairing, generator=generator)


def _count(
    network: GrowingContainer, batches: Batches, loss: Criterion, options: UpdateOptions
) -> None:
    network.init_computation(options)
    for x, y in batches:
        with torch.enable_grad():
            network.backward(loss(network(x), y))
        network.update_computation()


def _keep_best(layers: list[GrowingModule], n_neurons: int) -> None:
    """Among the neurons of all layers, keep those of the largest gain per new parameter."""
    growing = [layer for layer in layers if _n_new(layer)]
    if len(growing) < 2:
        return
    gains = [_gain_per_parameter(layer) for layer in growing]
    threshold = torch.cat(gains).sort(descending=True).values[:n_neurons][-1]
    budget = n_neurons
    for layer, gain in zip(growing, gains, strict=True):
        kept = min(int((gain >= threshold).sum()), budget)
        budget -= kept
        layer.sub_select_optimal_added_parameters(keep_neurons=kept)


def _gain_per_parameter(layer: GrowingModule) -> Tensor:
    values = layer.eigenvalues_extension
    if values is None:
        raise GrowthError(
            f"{layer.name} has no neurons to rank; call compute_optimal_updates() before"
        )
    n_reading = sum(part.weight[0].numel() for part in layer.previous_module.outlet.layers())
    n_acting = layer.weight[:, :1].numel()
    return values.square() / (n_reading + n_acting)


@torch.no_grad()
def _mean_loss(network: Callable[[Tensor], Tensor], batches: Batches, loss: Criterion) -> float:
    total = 0.0
    samples = 0
    for x, y in batches:
        total += float(loss(network(x), y))
        samples += len(x)
    if not samples:
        raise ConfigError(
            "none of the batches holds a sample; give at least one sample to grow with"
        )
    return total / samples


def _loss_at(
    network: GrowingContainer, batches: Batches, loss: Criterion
) -> Callable[[float], float]:
    def loss_at(scaling: float) -> float:
        network.set_scaling_factor(scaling)
        return _mean_loss(network.extended_forward, batches, loss)

    return loss_at
