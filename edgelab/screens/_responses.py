"""What the outputs say about the functions: one column of measurements per function."""

import numpy as np

from edgelab.graphs import OUTPUT_EDGES
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._hits import inputs_of_functions
from ._settings import input_values


def function_responses(task: Task) -> Float[Array, "samples nodes"]:
    """Measurements of every function, in the order of the function nodes.

    Args:
        task: Graph and samples.

    Returns:
        The response of the output that reads the function. NaN for a function that no output reads,
        that several read, or whose output reads other functions too: its own value is not known
        then.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> function_responses(perturbation_task(sachs())).shape
        (7466, 11)
    """
    source, target = task.data[OUTPUT_EDGES].edge_index.cpu().numpy()
    n_functions = task.data["function"].num_nodes
    readouts = np.bincount(source, minlength=n_functions)
    reads = np.bincount(target, minlength=task.y.shape[1])
    own = (readouts[source] == 1) & (reads[target] == 1)
    responses = np.full((task.y.shape[0], n_functions), np.nan)
    responses[:, source[own]] = task.y.detach().cpu().numpy()[:, target[own]]
    return responses


def function_signals(task: Task) -> Float[Array, "samples nodes"]:
    """What is known of every function in every sample: its response, or else what was done to it.

    Args:
        task: Graph and samples.

    Returns:
        The responses of `function_responses`; for a function without one, the sum of the inputs
        that act on it, NaN where none does.

    Example:
        >>> from edgelab.datasets import convergence
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(convergence(3, n_train=5, n_test=2).train)
        >>> int(np.isnan(function_responses(task)[0]).sum()) > 0
        True
        >>> int(np.isnan(function_signals(task)[0]).sum())
        0
    """
    signals = function_responses(task)
    doses = input_values(task)
    for function, inputs in enumerate(inputs_of_functions(task.data)):
        if len(inputs) and np.isnan(signals[0, function]):
            signals[:, function] = doses[:, inputs].sum(axis=1)
    return signals
