"""Growing a GSNN: one pass over the data, one closed form per function, one budget for all."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
import torch

from edgelab.checks import check_integer
from edgelab.errors import ConfigError
from edgelab.growth._activations import slope_right_of_zero
from edgelab.models import GSNN, evaluation_mode, placed_batch
from edgelab.ops import Batch, Criterion, summed_loss, threads_for_pass
from edgelab.typing import Tensor

from ._function_moments import Batches, FunctionStatistics, function_statistics
from ._new_channels import NewChannels, best_channels, within_budget
from ._placement import check_can_grow, norm_cost, place_channels, set_channels

# The line search tries the step that would take the whole loss if it fell in a straight line, and
# halves it so often.
_HALVINGS = 12


@dataclass(frozen=True, slots=True, eq=False)
class GrowthReport:
    """What one growth step did.

    Attributes:
        table: One row per new channel: `function`, `layer` (missing where layers share their
            weights), `gain` (share of the squared gradient that it explains), `slope` (of the mean
            loss at scale 0, negated), `n_parameters`; largest gain per parameter first.
        scale: Common factor of what the new channels contribute.
        loss_before: Mean loss of a sample, summed over outputs.
        loss_after: The same after growth.
        n_parameters: How many parameters were added.
    """

    table: pd.DataFrame
    scale: float
    loss_before: float
    loss_after: float
    n_parameters: int


def propose_channels(
    model: GSNN,
    batches: Batches,
    n_parameters: int,
    *,
    criterion: Criterion | None = None,
    per_function: int = 1,
    project: bool = True,
) -> tuple[list[NewChannels], FunctionStatistics]:
    """The channels that a budget should buy; the model is left as it is.

    Args:
        model: A GSNN.
        batches: See `grow_gsnn`.
        n_parameters: See `grow_gsnn`.
        criterion: See `grow_gsnn`.
        per_function: See `grow_gsnn`.
        project: See `grow_gsnn`.

    Returns:
        The channels, and the statistics that they follow from.
    """
    statistics = function_statistics(model, batches, criterion)
    with threads_for_pass(model, 1):
        proposals = best_channels(
            statistics, per_function=per_function, project=project, norm_cost=norm_cost(model)
        )
    return within_budget(proposals, n_parameters), statistics


def grow_gsnn(
    model: GSNN,
    batches: Sequence[Batch | tuple[Tensor, ...]],
    n_parameters: int,
    *,
    criterion: Criterion | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    scale: float | None = None,
    per_function: int = 1,
    project: bool = True,
) -> GrowthReport:
    """Give new channels to the functions that need them most.

    One pass over the data gives for every function (and layer) the best new channel allowed by the
    graph: it reads the edges into the function and serves all edges out of it jointly. Channels are
    then bought, over the whole graph, by gain per parameter. All start with one common scale; at
    scale 0 predictions are unchanged.

    The slopes in the report are exact for smooth nonlinearities. ReLU passes only what is positive:
    there they are the slopes of a nonlinearity that passes everything.

    Args:
        model: Changed in place; parameters stay the same objects, those with new entries lose their
            `.grad`.
        batches: `Batch`es, or tuples (x, y) or (x, y, weight), each sample once; gone through
            several times.
        n_parameters: How many parameters may be added.
        criterion: Losses of the entries of a prediction, `function(prediction, target)`; squared
            errors when absent.
        optimizer: Optimizer of the model's parameters; what it remembers about them (momentum,
            moments) is kept.
        scale: Factor of the new contributions; None searches for the one of the smallest loss.
        per_function: New channels of one function in one layer, at most.
        project: Count only what the present channels of a function cannot express; otherwise the
            whole gradient.

    Returns:
        What was added, and what it did to the loss.

    Raises:
        ConfigError: If a new channel would disturb the others (see `GSNN.widen`), the nonlinearity
            is not 0 at 0, or a number is out of range.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> graph = build_graph(
        ...     [("raf", "mek")], input_edges=[("drug", "raf")], output_edges=[("mek", "level")]
        ... )
        >>> _ = torch.manual_seed(0)
        >>> model = GSNN.from_data(graph, channels=1, layers=2, norm="none", share_layers=False)
        >>> x = torch.randn(100, 1)
        >>> report = grow_gsnn(model, [(x, 3 * x)], n_parameters=12)
        >>> report.n_parameters <= 12, report.loss_after < report.loss_before
        (True, True)
        >>> report.table[["function", "layer"]].values.tolist()
        [['raf', 0], ['mek', 1]]
    """
    _check_arguments(batches, n_parameters, scale, per_function)
    check_can_grow(model)
    taken, statistics = propose_channels(
        model,
        batches,
        n_parameters,
        criterion=criterion,
        per_function=per_function,
        project=project,
    )
    before = model.n_parameters
    placed = place_channels(model, taken, optimizer)
    table = growth_table(model, taken)

    def loss_at(tried: float) -> float:
        set_channels(model, placed, tried, statistics)
        return mean_loss(model, batches, criterion)

    if scale is None:
        scale = _best_scale(loss_at, statistics.loss, float(table["slope"].sum()))
    loss_after = loss_at(scale)
    return GrowthReport(table, scale, statistics.loss, loss_after, model.n_parameters - before)


def _best_scale(loss_at: Callable[[float], float], loss: float, slope: float) -> float:
    if not slope > 0:
        return 0.0
    # Losses have units, and so have slopes: their quotient is a scale that does not depend on them.
    scales = [loss / slope * 0.5**halving for halving in range(_HALVINGS)]
    losses = {scale: loss_at(scale) for scale in scales}
    best = min(losses, key=losses.__getitem__)
    return best if losses[best] < loss else 0.0


def mean_loss(
    model: GSNN, batches: Iterable[Batch | tuple[Tensor, ...]], criterion: Criterion | None = None
) -> float:
    """Mean loss of a sample in evaluation mode, summed over outputs.

    Args:
        model: A GSNN.
        batches: See `grow_gsnn`; at least one sample.
        criterion: See `grow_gsnn`.

    Returns:
        The mean.
    """
    total = 0.0
    count = 0
    with evaluation_mode(model), torch.no_grad():
        for batch in batches:
            placed = placed_batch(batch, model)
            with threads_for_pass(model, len(placed.x)):
                total += float(summed_loss(model(placed.x), placed, criterion, per_entry=True))
            count += len(placed.x)
    return total / count


def growth_table(model: GSNN, taken: Sequence[NewChannels]) -> pd.DataFrame:
    """One row per taken channel, largest gain per parameter first.

    Args:
        model: The GSNN.
        taken: What `propose_channels` returns.

    Returns:
        The columns of `GrowthReport.table`.
    """
    slope = _slope_of_channels(model)
    tables = [_table_of(model, new, slope) for new in taken]
    table = pd.concat(tables, ignore_index=True)
    worth = table["gain"] / table["n_parameters"]
    order = worth.sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _table_of(model: GSNN, new: NewChannels, slope: float) -> pd.DataFrame:
    function, which = new.is_taken.nonzero(as_tuple=True)
    layer = None if model.share_layers else new.layer
    numbers = new.group.functions[function].tolist()
    return pd.DataFrame({
        "function": [model.function_names[number] for number in numbers],
        "layer": pd.array([layer] * len(numbers), dtype="Int64"),
        "gain": new.gain[function, which].cpu().numpy(),
        "slope": slope * new.slope[function, which].cpu().numpy(),
        "n_parameters": new.cost,
    })  # fmt: skip


def _slope_of_channels(model: GSNN) -> float:
    """By what the nonlinearity multiplies a small pre-activation: 1 for ELU and ReLU."""
    nonlin = copy.copy(model.res_blocks()[0].nonlin)
    if hasattr(nonlin, "inplace"):  # blocks overwrite their values; a slope needs them
        setattr(nonlin, "inplace", False)  # noqa: B010 (not every module has it)
    return float(slope_right_of_zero(nonlin))


def _check_arguments(
    batches: Sequence[object], n_parameters: int, scale: float | None, per_function: int
) -> None:
    if not isinstance(batches, Sequence):
        raise ConfigError(
            "batches are gone through several times, so they must be a list or tuple, got "
            f"{type(batches).__name__}; pass list(batches)"
        )
    check_integer("n_parameters", n_parameters, least=0)
    check_integer("per_function", per_function)
    if not (scale is None or 0 <= scale < float("inf")):
        raise ConfigError(
            f"scale must be a finite number of at least 0, or None to search for it, got {scale!r}"
        )
