"""How unusual a function's response is when another function is perturbed, among all perturbations of the same kind."""

import numpy as np

from edgelab.graphs import INPUT_EDGES
from edgelab.inference.baselines.correlation import FLAT
from edgelab.inference.baselines.interventions import distinct_settings
from edgelab.inference.baselines.responses import function_responses
from edgelab.inference.baselines.scorer import BASELINES, BaselineScorer, fixed_scores
from edgelab.inference.pairs import PairSpace
from edgelab.inference.protocol import RawScores
from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float, Int

_FEWEST = 3
"""Settings of a screen that must leave a function alone for its spread to be known."""


@BASELINES.register("interventional_z")
def interventional_z(task: Task) -> BaselineScorer:
    """Score i -> j by how far j's response lies from its usual value where i is perturbed, summed over the screens.

    Samples with equal inputs form a *setting*, whose response is their mean; settings with the same doses, whatever
    inputs have them, form a *screen*: all single knockouts, all single knockdowns. In every screen a response is
    standardised with the mean and standard deviation of the settings in which no input hits j itself, and averaged over
    the settings in which one hits i. The score is the sum of the absolute values: |z(knockout)| + |z(knockdown)|. It
    needs no replicates and no controls, but screens of many settings. No p-value: effects are many, so that neither
    their spread nor their tails are those of noise. As in `z_shift` a response is the *total* effect.

    Extra `sign`: whether j moves with i (+1) or against it (-1), if the sign of the input edge is known.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where no screen has an intervention on i and at least 3 settings that leave j alone, or j has no
        response of its own or a constant one.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = interventional_z(perturbation_task(sachs()))
        >>> pkc, p38 = (scorer.pairs.sources.index(name) for name in ("PKC", "P38"))
        >>> bool(scorer.raw_scores(slice(0, 11)).score[pkc, p38] > 1)
        True
    """
    pairs = PairSpace.between(task.data)
    settings, setting_of = distinct_settings(task)
    response = _setting_means(function_responses(task), setting_of)
    hit, direction = _hits(task, settings)
    # Where every screen is blind the sum is empty, which is "unknown" and not "no effect".
    effects = [_screen_effects(response[rows], hit[rows], direction[rows]) for rows in _screens(settings)]
    size, signed = np.full((2, pairs.n_sources, pairs.n_targets), np.nan)
    for effect, its_sign in effects:
        size = _add_known(size, np.abs(effect))
        signed = _add_known(signed, its_sign)
    return BaselineScorer(pairs, fixed_scores(RawScores(score=size, extras={"sign": np.sign(signed)})))


def _setting_means(values: Float[Array, "samples nodes"], setting_of: Int[Array, " samples"]) -> Array:
    # Each setting by itself: a running sum would depend on the order of the samples.
    return np.stack(
        [np.sort(values[setting_of == number], axis=0).mean(axis=0) for number in range(setting_of.max() + 1)]
    )


def _screens(settings: Float[Array, "settings inputs"]) -> list[Int[Array, " settings_of_screen"]]:
    doses = np.sort(settings, axis=1)
    _, screen_of = np.unique(doses, axis=0, return_inverse=True)
    screens = (np.flatnonzero(screen_of.ravel() == number) for number in range(screen_of.max() + 1))
    return [rows for rows in screens if len(rows) >= _FEWEST]


def _hits(task: Task, settings: Float[Array, "settings inputs"]) -> tuple[Array, Array]:
    """Which settings hit which function, and whether they raise (+1) or lower it (-1); NaN if that is not known."""
    edges = task.data[INPUT_EDGES]
    source, target = edges.edge_index.cpu().numpy()
    sign = edges.sign.cpu().numpy().astype(float) if "sign" in edges else np.zeros(len(source))
    on = settings[:, source] != 0
    direction = np.zeros((len(settings), task.data["function"].num_nodes))
    hit = np.zeros(direction.shape, dtype=bool)
    for edge, function in enumerate(target.tolist()):
        hit[:, function] |= on[:, edge]
        direction[:, function] += np.where(on[:, edge], np.sign(settings[:, source[edge]]) * sign[edge], 0.0)
    return hit, np.where(hit & (direction != 0), np.sign(direction), np.nan)


def _screen_effects(
    response: Float[Array, "settings nodes"],
    hit: Bool[Array, "settings nodes"],
    direction: Float[Array, "settings nodes"],
) -> tuple[Float[Array, "nodes nodes"], Float[Array, "nodes nodes"]]:
    """Mean z of every target where a source is hit, and the same turned to what raising the source would do."""
    z = _standardised(response, ~hit)
    effect, signed = np.full((2, hit.shape[1], hit.shape[1]), np.nan)
    for source in np.flatnonzero(hit.any(axis=0)).tolist():
        rows = hit[:, source]
        effect[source] = z[rows].mean(axis=0)
        signed[source] = (z[rows] * direction[rows, source][:, None]).mean(axis=0)
    return effect, signed


def _standardised(
    response: Float[Array, "settings nodes"], usual: Bool[Array, "settings nodes"]
) -> Float[Array, "settings nodes"]:
    n_usual = usual.sum(axis=0)
    known = n_usual >= _FEWEST
    count = np.where(known, n_usual, 1)
    centred = response - np.where(usual, response, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(usual, centred**2, 0.0).sum(axis=0) / count)
    known &= spread > FLAT * np.abs(response).max(axis=0)
    return np.divide(centred, spread, out=np.full(response.shape, np.nan), where=known)


def _add_known(total: Float[Array, "nodes nodes"], more: Float[Array, "nodes nodes"]) -> Float[Array, "nodes nodes"]:
    """Sum in which an unknown term counts as none, and no known term gives an unknown sum."""
    return np.where(np.isnan(total), more, total + np.where(np.isnan(more), 0.0, more))
