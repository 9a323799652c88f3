"""How much to prune at which step: functions of the step, flat before the start, after the end."""

import math


def cosine_rate(step: int, *, duration: int, start: float, end: float = 0.0) -> float:
    """Rate on half a cosine wave from `start` to `end`.

    Args:
        step: Any integer; below 0 counts as 0, beyond `duration` as `duration`.
        duration: Steps until the end is reached. Zero or less: the rate never changes.
        start: Rate at step 0.
        end: Rate from step `duration` on.

    Returns:
        A rate between `start` and `end`.

    Source: Loshchilov & Hutter (2017), SGDR; for prune rates Dettmers & Zettlemoyer (2019).

    Example:
        >>> [round(cosine_rate(step, duration=10, start=0.3), 3) for step in (-1, 0, 5, 10, 15)]
        [0.3, 0.3, 0.15, 0.0, 0.0]
    """
    if duration <= 0:
        return start
    passed = min(max(step, 0), duration) / duration
    return end if passed == 1 else end + (start - end) * (1 + math.cos(math.pi * passed)) / 2


def linear_rate(step: int, *, duration: int, start: float) -> float:
    """Rate on a straight line from `start` to 0.

    Args:
        step: Any integer; below 0 counts as 0, beyond `duration` as `duration`.
        duration: Steps until 0 is reached. Zero or less: the rate never changes.
        start: Rate at step 0.

    Returns:
        A rate between 0 and `start`.

    Example:
        >>> [round(linear_rate(step, duration=10, start=0.3), 2) for step in (0, 1, 10, 20)]
        [0.3, 0.27, 0.0, 0.0]
    """
    return start if duration <= 0 else start * (1 - min(max(step, 0), duration) / duration)


def cubic_sparsity(step: int, *, begin: int, end: int, initial: float, final: float) -> float:
    """Sparsity that rises from `initial` to `final`, fast at first.

    Args:
        step: Any integer.
        begin: Before this step the sparsity is `initial`.
        end: From this step on it is `final`.
        initial: Sparsity at the beginning.
        final: Sparsity at the end.

    Returns:
        A sparsity between `initial` and `final`.

    Source: Zhu & Gupta (2018), To prune, or not to prune.

    Example:
        >>> rise = {"begin": 2, "end": 10, "initial": 0.0, "final": 0.8}
        >>> [round(cubic_sparsity(step, **rise), 4) for step in (1, 2, 6, 10)]
        [0.0, 0.0, 0.7, 0.8]
    """
    if step < begin:
        return initial
    if step >= end:
        return final
    return final + (initial - final) * (1 - (step - begin) / (end - begin)) ** 3
