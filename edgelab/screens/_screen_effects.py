"""How unusual responses are where a function is perturbed, among all perturbations of a kind."""

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.ops import standardised
from edgelab.typing import Array, Bool, Float, Int

from ._hits import directions, hits
from ._settings import distinct_settings

# Settings of a screen that must leave a function alone for its spread to be known.
_FEWEST = 3


def screen_effects(
    data: HeteroData,
    x: Float[Array, "samples inputs"],
    responses: Float[Array, "samples columns"],
    targets: Int[Array, " columns"],
) -> list[tuple[Float[Array, "nodes columns"], Float[Array, "nodes columns"]]]:
    """Standardised responses where every function is perturbed, screen by screen.

    The response of a setting is the mean of its samples. In every screen it is standardised with
    the mean and standard deviation of the settings in which no input acts on the column's own
    function, and averaged over the settings in which one acts on the source.

    Args:
        data: The graph.
        x: What the inputs were set to; 0 is off.
        responses: Any responses to the interventions, one column each.
        targets: The function that each column is about.

    Returns:
        For every screen of at least 3 settings, weak doses first: the mean z of the columns where
        each function is perturbed, and the same turned to what more of the function would do. NaN
        where that is unknown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.screens import function_responses, input_values
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> x, responses = input_values(task), function_responses(task)[:, :2]
        >>> screens = screen_effects(task.data, x, responses, np.array([0, 1]))
        >>> [effect.shape for effect, _ in screens]  # one reagent alone; one on top of CD3/CD28
        [(11, 2), (11, 2)]
    """
    settings, setting_of = distinct_settings(x)
    response = _setting_means(responses, setting_of)
    hit = hits(data, settings)
    direction = directions(data, settings)
    return [
        _effects_of_screen(response[rows], hit[rows], direction[rows], targets)
        for rows in _screens(settings)
    ]


def summed_effects(
    data: HeteroData, x: Float[Array, "samples inputs"], responses: Float[Array, "samples nodes"]
) -> tuple[Float[Array, "nodes nodes"], Float[Array, "nodes nodes"]]:
    """How far every response moves where every function is perturbed, all screens together.

    Args:
        data: The graph.
        x: What the inputs were set to; 0 is off.
        responses: What was measured of every function, transformed or not.

    Returns:
        Two matrices, sources by targets, NaN where nothing is known: the sum of |z| over the
        screens, and the sum of z turned to what more of the source would do.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.screens import function_responses, input_values
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> size, turned = summed_effects(task.data, input_values(task), function_responses(task))
        >>> mek, erk = (task.data["function"].node_names.index(name) for name in ("Mek", "Erk"))
        >>> bool(size[mek, erk] > 1), bool(turned[mek, erk] > 1)  # less Erk where Mek is inhibited
        (True, True)
    """
    screens = screen_effects(data, x, responses, np.arange(responses.shape[1]))
    if not screens:
        unknown = np.full((responses.shape[1], responses.shape[1]), np.nan)
        return unknown, unknown.copy()
    effects, turned = (np.stack(matrices) for matrices in zip(*screens, strict=True))
    return sum_of_known(np.abs(effects)), sum_of_known(turned)


def sum_of_known(parts: Float[Array, "parts *shape"]) -> Float[Array, "*shape"]:
    """Sum in which an unknown term counts as none.

    Args:
        parts: The terms, along the first axis; NaN where unknown.

    Returns:
        Their sum; NaN where all are unknown.

    Example:
        >>> sum_of_known(np.array([[1.0, np.nan], [np.nan, np.nan]])).tolist()
        [1.0, nan]
    """
    known = ~np.isnan(parts)
    return np.where(known.any(axis=0), np.where(known, parts, 0.0).sum(axis=0), np.nan)


def _setting_means(
    values: Float[Array, "samples columns"], setting_of: Int[Array, " samples"]
) -> Float[Array, "settings columns"]:
    # Each setting by itself and sorted: a running sum would depend on the order of the samples.
    replicates = (values[setting_of == setting] for setting in range(setting_of.max() + 1))
    return np.stack([np.sort(rows, axis=0).mean(axis=0) for rows in replicates])


def _screens(settings: Float[Array, "settings inputs"]) -> list[Int[Array, " settings_of_screen"]]:
    """Settings with the same doses, whatever inputs have them, where they are enough."""
    doses = np.sort(settings, axis=1)
    _, screen_of = distinct_settings(doses)
    screens = (np.flatnonzero(screen_of == number) for number in range(screen_of.max() + 1))
    return [rows for rows in screens if len(rows) >= _FEWEST]


def _effects_of_screen(
    response: Float[Array, "settings columns"],
    hit: Bool[Array, "settings nodes"],
    direction: Float[Array, "settings nodes"],
    targets: Int[Array, " columns"],
) -> tuple[Float[Array, "nodes columns"], Float[Array, "nodes columns"]]:
    """Mean z of every column where a source is hit, and the same turned to what raising it does."""
    z = standardised(response, ~hit[:, targets], fewest=_FEWEST)
    effect, turned = np.full((2, hit.shape[1], response.shape[1]), np.nan)
    for source in np.flatnonzero(hit.any(axis=0)).tolist():
        rows = hit[:, source]
        effect[source] = z[rows].mean(axis=0)
        turned[source] = (z[rows] * direction[rows, source][:, None]).mean(axis=0)
    return effect, turned
