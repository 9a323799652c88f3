"""Settings of the inputs: which sample got which, which are controls, and what to compare."""

from dataclasses import dataclass

import numpy as np

from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float, Int


def input_values(task: Task) -> Float[Array, "samples inputs"]:
    """What the inputs of every sample were set to, on the CPU and in float64.

    Args:
        task: Samples and their inputs.

    Returns:
        One row per sample; 0 is off.
    """
    return task.x.detach().cpu().numpy().astype(np.float64)


def distinct_settings(
    x: Float[Array, "samples inputs"],
) -> tuple[Float[Array, "settings inputs"], Int[Array, " samples"]]:
    """Which settings of the inputs the experiment has, and which one each sample got.

    Args:
        x: What the inputs were set to.

    Returns:
        The distinct rows of the inputs, in the order of their values, and one row number per
        sample.

    Example:
        >>> settings, setting_of = distinct_settings(np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]))
        >>> settings.tolist(), setting_of.tolist()
        ([[0.0, 0.0], [1.0, 0.0]], [1, 0, 1])
    """
    # Adding 0 turns -0 into 0: to `numpy.unique` they are equal, but rows are compared bit by bit.
    settings, setting_of = np.unique(x + 0.0, axis=0, return_inverse=True)
    return settings, setting_of.ravel()


def one_at_a_time(x: Float[Array, "samples inputs"]) -> bool:
    """Whether no sample has two inputs on, as in a knockout screen."""
    return bool(((x != 0).sum(axis=1) <= 1).all())


def control_rows(task: Task) -> Bool[Array, " samples"]:
    """Samples of the control setting: the one nearest to all other settings.

    It is the setting that differs from the others in the fewest inputs, summed over them. In a
    screen with unperturbed samples it is these; where every sample got a stimulus, it is the
    stimulus alone. Among equals, the setting with the fewest inputs on, then the first in the order
    of the input values.

    Args:
        task: Samples and their inputs.

    Returns:
        One truth value per sample. If no two samples have equal inputs, as in a simulation with
        continuous inputs, a single sample is marked.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> int(control_rows(perturbation_task(sachs())).sum())
        853
    """
    settings, setting_of = distinct_settings(input_values(task))
    return setting_of == _central_setting(settings)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One group of treated samples and its controls.

    Attributes:
        input_id: The input that is on in the treated samples and off in the controls.
        treated: Rows of the treated samples.
        control: Rows of the controls.
    """

    input_id: int
    treated: Int[Array, " treated"]
    control: Int[Array, " control"]


def comparisons(task: Task) -> list[Comparison]:
    """Every comparison of samples with an input on (not 0) against samples with it off (0).

    Samples with equal inputs form a *setting*. A setting in which an input is on is compared with
    the setting that has this input off and all others equal; where the experiment has none, with
    the control setting (`control_rows`), provided that the input is off in it; otherwise there is
    no comparison.

    Args:
        task: Samples and their inputs.

    Returns:
        Comparisons, sorted by input and then by setting; they do not depend on the order of the
        samples.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> task = perturbation_task(sachs())
        >>> names = task.data["input"].node_names
        >>> [names[comparison.input_id] for comparison in comparisons(task)][:3]
        ['Akt-inhibitor', 'G06976', 'ICAM-2']
    """
    settings, setting_of = distinct_settings(input_values(task))
    centre = _central_setting(settings)
    position = {setting.tobytes(): number for number, setting in enumerate(settings)}
    pairs: list[Comparison] = []
    for input_id in np.flatnonzero((settings != 0).any(axis=0)).tolist():
        for treated in np.flatnonzero(settings[:, input_id]).tolist():
            without = settings[treated].copy()
            without[input_id] = 0.0
            control = position.get(without.tobytes(), centre)
            if settings[control, input_id] == 0:
                treated_rows = np.flatnonzero(setting_of == treated)
                matched_rows = np.flatnonzero(setting_of == control)
                pairs.append(Comparison(input_id, treated_rows, matched_rows))
    return pairs


def _central_setting(settings: Float[Array, "settings inputs"]) -> int:
    # Summed over the settings, column by column: the differing inputs of setting s in column c are
    # the settings whose value there is another one. This needs no settings-by-settings matrix.
    distance = np.zeros(len(settings), dtype=np.int64)
    for column in settings.T:
        _, value_of, count = np.unique(column, return_inverse=True, return_counts=True)
        distance += len(settings) - count[value_of.ravel()]
    n_on = (settings != 0).sum(axis=1)
    return int(np.lexsort((n_on, distance))[0])
