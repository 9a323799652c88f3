"""What happens to a target when a source is perturbed, over doses, and what of it is direct."""

import numpy as np

from edgelab.screens import function_responses, input_values, screen_effects, sum_of_known
from edgelab.tasks import Task
from edgelab.typing import Array, Float

Matrix = Float[Array, "nodes columns"]

# An effect of this many standard deviations counts as a response to a perturbation.
_FAR = 3.0


def effect_features(task: Task) -> dict[str, Float[Array, "nodes nodes"]]:
    """Describe every pair by how the target responds where the source is perturbed.

    Args:
        task: Graph and samples.

    Returns:
        Matrices `[sources, targets]`, NaN where the source was never perturbed or the target not
        measured: those of `over_screens`, and of the effect |z| at the strongest dose:
        `effect_indirect`, the best detour, the largest over k of the smaller of |z| of k under i
        and of j under k; `effect_net`, |z| less the detour; `effect_reverse`, |z| of i under j;
        `reach` of i and `sensitivity` of j, how many functions respond by 3 sd to i, and to how
        many j responds. Empty without perturbations.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> features = effect_features(perturbation_task(sachs()))
        >>> sorted(features)[:3], features["effect_net"].shape
        (['effect_concordance', 'effect_indirect', 'effect_net'], (11, 11))
    """
    responses = function_responses(task)
    screens = screen_effects(
        task.data, input_values(task), responses, np.arange(responses.shape[1])
    )
    features = over_screens([effect for effect, _ in screens], "effect")
    if not features:
        return {}
    strongest = features["effect_strongest"]
    detour = indirect_effect(strongest)
    far = strongest > _FAR
    np.fill_diagonal(far, val=False)
    known = np.where(np.isnan(strongest), np.nan, 1.0)
    return {
        **features,
        "effect_indirect": detour * known,
        "effect_net": strongest - detour,
        "effect_reverse": strongest.T.copy(),
        "reach": far.sum(axis=1)[:, None] * known,
        "sensitivity": far.sum(axis=0)[None, :] * known,
    }


def over_screens(effects: list[Matrix], name: str) -> dict[str, Matrix]:
    """Sum up the effects of several screens, weakest doses first.

    Args:
        effects: z of every column where each function is perturbed, one matrix per screen, NaN
            where unknown.
        name: How the features' names begin.

    Returns:
        `_strongest`, |z| at the strongest dose that perturbs the source; `_sum` of |z|; and, where
        doses are several, `_concordance`, the smallest |z|, with a minus where the signs differ.
        Empty if there is no screen.

    Example:
        >>> weak, strong = np.array([[1.0, -1.0]]), np.array([[3.0, 2.0]])
        >>> {name: matrix.tolist() for name, matrix in over_screens([weak, strong], "z").items()}
        {'z_strongest': [[3.0, 2.0]], 'z_sum': [[4.0, 3.0]], 'z_concordance': [[1.0, -1.0]]}
    """
    effects = [effect for effect in effects if not np.isnan(effect).all()]
    if not effects:
        return {}
    stack = np.stack(effects)
    known = ~np.isnan(stack)
    strongest = np.full(effects[0].shape, np.nan)
    for effect in effects:
        strongest = np.where(np.isnan(effect), strongest, np.abs(effect))
    features = {
        f"{name}_strongest": strongest,
        f"{name}_sum": sum_of_known(np.abs(stack)),
    }
    if (known.sum(axis=0) > 1).any():
        features[f"{name}_concordance"] = _concordance(stack, known)
    return features


def _concordance(stack: Float[Array, "screens nodes columns"], known: Array) -> Matrix:
    signs = np.where(known, np.sign(stack), 0.0)
    agree = np.abs(signs.sum(axis=0)) == known.sum(axis=0)
    smallest = np.where(known, np.abs(stack), np.inf).min(axis=0)
    return np.where(known.sum(axis=0) > 1, np.where(agree, smallest, -smallest), np.nan)


def indirect_effect(size: Float[Array, "nodes nodes"]) -> Float[Array, "nodes nodes"]:
    """Best detour over one other function k: the largest of min(size[i, k], size[k, j]), or 0."""
    size = np.where(np.isnan(size), 0.0, size)
    np.fill_diagonal(size, 0.0)
    return np.stack([np.minimum(row[:, None], size).max(axis=0) for row in size])
