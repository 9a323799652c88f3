"""How unusual a function's response is when another function is perturbed, among all perturbations
of the same kind.
"""

import numpy as np

from edgelab.graphs import INPUT_EDGES
from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import standardised
from edgelab.screens import distinct_settings, function_responses
from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float, Int

from ._scorer import BASELINES, BaselineScorer, fixed_scores

_FEWEST = 3
"""Settings of a screen that must leave a function alone for its spread to be known."""


@BASELINES.register("interventional_z")
def interventional_z(task: Task) -> BaselineScorer:
    """Score i -> j by how far j's response lies from its usual value where i is perturbed, summed
    over the screens.

    Samples with equal inputs form a *setting*, whose response is their mean; settings with the same
    doses, whatever inputs have them, form a *screen*: all single knockouts, all single knockdowns.
    In every screen a response is standardised with the mean and standard deviation of the settings
    in which no input hits j itself, and averaged over the settings in which one hits i. The score
    is the sum of the absolute values: |z(knockout)| + |z(knockdown)|. It needs no replicates and no
    controls, but screens of many settings. No p-value: effects are many, so that neither their
    spread nor their tails are those of noise. As in `z_shift` a response is the *total* effect.

    Extra `sign`: whether j moves with i (+1) or against it (-1), if the sign of the input edge is
    known.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where no screen has an intervention on i and at least 3 settings that leave j
        alone, or j has no response of its own or a constant one.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = interventional_z(perturbation_task(sachs()))
        >>> pkc, p38 = (scorer.pairs.sources.index(name) for name in ("PKC", "P38"))
        >>> bool(scorer.raw_scores(slice(0, 11)).score[pkc, p38] > 1)
        True
    """
    size, signed = summed_effects(task, function_responses(task))
    raw = RawScores(score=size, extras={"sign": np.sign(signed)})
    return BaselineScorer(PairSpace.between(task.data), fixed_scores(raw))


def summed_effects(
    task: Task, responses: Float[Array, "samples nodes"]
) -> tuple[Float[Array, "nodes nodes"], Float[Array, "nodes nodes"]]:
    """How far every response moves where every function is perturbed, all screens together.

    Args:
        task: Graph and samples; its own responses are not looked at.
        responses: What was measured of every function, transformed or not.

    Returns:
        Two matrices, sources by targets, NaN where nothing is known: the sum of |z| over the
        screens, and the sum of z turned to what more of the source would do.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> size, signed = summed_effects(task, function_responses(task))
        >>> mek, erk = (task.data["function"].node_names.index(name) for name in ("Mek", "Erk"))
        >>> bool(size[mek, erk] > 1), bool(signed[mek, erk] > 1)  # less Erk where Mek is inhibited
        (True, True)
    """
    size, signed = np.full((2, responses.shape[1], responses.shape[1]), np.nan)
    for effect, turned in screen_effects(task, responses, np.arange(responses.shape[1])):
        size = _add_known(size, np.abs(effect))
        signed = _add_known(signed, turned)
    return size, signed


def screen_effects(
    task: Task, responses: Float[Array, "samples columns"], targets: Int[Array, " columns"]
) -> list[tuple[Float[Array, "nodes columns"], Float[Array, "nodes columns"]]]:
    """Standardised responses where every function is perturbed, screen by screen;
    `interventional_z` says how.

    Args:
        task: Graph and samples; its own responses are not looked at.
        responses: Any responses to the interventions, one column each.
        targets: The function that each column is about: settings that act on it do not count as
            usual.

    Returns:
        For every screen of at least 3 settings, weak doses first: the mean z of the columns where
        each function is perturbed, and the same turned to what more of the function would do. NaN
        where that is unknown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> screens = screen_effects(task, function_responses(task)[:, :2], np.array([0, 1]))
        >>> [effect.shape for effect, _ in screens]  # one reagent alone; one on top of CD3/CD28
        [(11, 2), (11, 2)]
    """
    settings, setting_of = distinct_settings(task)
    response = _setting_means(responses, setting_of)
    hit, direction = hits(task, settings)
    return [
        _effects_of_screen(response[rows], hit[rows], direction[rows], targets)
        for rows in _screens(settings)
    ]


def _setting_means(
    values: Float[Array, "samples nodes"], setting_of: Int[Array, " samples"]
) -> Array:
    # Each setting by itself: a running sum would depend on the order of the samples.
    return np.stack(
        [
            np.sort(values[setting_of == number], axis=0).mean(axis=0)
            for number in range(setting_of.max() + 1)
        ]
    )


def _screens(settings: Float[Array, "settings inputs"]) -> list[Int[Array, " settings_of_screen"]]:
    doses = np.sort(settings, axis=1)
    _, screen_of = np.unique(doses, axis=0, return_inverse=True)
    screens = (np.flatnonzero(screen_of.ravel() == number) for number in range(screen_of.max() + 1))
    return [rows for rows in screens if len(rows) >= _FEWEST]


def hits(
    task: Task, settings: Float[Array, "settings inputs"]
) -> tuple[Bool[Array, "settings nodes"], Float[Array, "settings nodes"]]:
    """Which settings act on which function, and in which direction.

    Args:
        task: Graph and samples.
        settings: Rows of input values.

    Returns:
        Whether an input that is on (not 0) has an edge to the function; and whether such inputs
        raise it (+1) or lower it (-1), NaN where nothing acts on it or the sign of the input edge
        is unknown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> hit, direction = hits(task, distinct_settings(task)[0])
        >>> mek = task.data["function"].node_names.index("Mek")
        >>> int(hit[:, mek].sum()), direction[hit[:, mek], mek].tolist()
        (1, [-1.0])
    """
    edges = task.data[INPUT_EDGES]
    source, target = edges.edge_index.cpu().numpy()
    sign = edges.sign.cpu().numpy().astype(float) if "sign" in edges else np.zeros(len(source))
    on = settings[:, source] != 0
    direction = np.zeros((len(settings), task.data["function"].num_nodes))
    hit = np.zeros(direction.shape, dtype=bool)
    for edge, function in enumerate(target.tolist()):
        hit[:, function] |= on[:, edge]
        direction[:, function] += np.where(
            on[:, edge], np.sign(settings[:, source[edge]]) * sign[edge], 0.0
        )
    return hit, np.where(hit & (direction != 0), np.sign(direction), np.nan)


def _effects_of_screen(
    response: Float[Array, "settings columns"],
    hit: Bool[Array, "settings nodes"],
    direction: Float[Array, "settings nodes"],
    targets: Int[Array, " columns"],
) -> tuple[Float[Array, "nodes columns"], Float[Array, "nodes columns"]]:
    """Mean z of every column where a source is hit, and the same turned to what raising the source
    would do.
    """
    z = standardised(response, ~hit[:, targets], fewest=_FEWEST)
    effect, signed = np.full((2, hit.shape[1], response.shape[1]), np.nan)
    for source in np.flatnonzero(hit.any(axis=0)).tolist():
        rows = hit[:, source]
        effect[source] = z[rows].mean(axis=0)
        signed[source] = (z[rows] * direction[rows, source][:, None]).mean(axis=0)
    return effect, signed


def _add_known(
    total: Float[Array, "nodes nodes"], more: Float[Array, "nodes nodes"]
) -> Float[Array, "nodes nodes"]:
    """Sum in which an unknown term counts as none, and no known term gives an unknown sum."""
    return np.where(np.isnan(total), more, total + np.where(np.isnan(more), 0.0, more))
