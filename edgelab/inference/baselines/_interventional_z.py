"""How unusual a function's response is when another is perturbed, among all perturbations."""

import numpy as np

from edgelab.inference.table import PairSpace, RawScores
from edgelab.screens import function_responses, input_values, summed_effects
from edgelab.tasks import Task

from ._scorer import BASELINES, BaselineScorer, fixed_scores


@BASELINES.register("interventional_z")
def interventional_z(task: Task) -> BaselineScorer:
    """Score i -> j by how far j's response lies from its usual value where i is perturbed.

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
    size, turned = summed_effects(task.data, input_values(task), function_responses(task))
    raw = RawScores(score=size, extras={"sign": np.sign(turned)})
    return BaselineScorer(PairSpace.between(task.data), fixed_scores(raw))
