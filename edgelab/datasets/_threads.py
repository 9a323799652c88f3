"""Threads by the size of a data set."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from edgelab.ops import threads_for

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def threads_by_size(job: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a function of a small data set use one thread, whoever calls it.

    A data set counts as small when its samples times the square of its functions, which statistics
    of all pairs multiply, are few for `edgelab.ops.threads_for`.

    Args:
        job: A function whose first argument is a `Dataset`.

    Returns:
        The function, with one thread where that is enough, else with as many as its caller has.

    Example:
        >>> import torch
        >>> from edgelab.datasets import sachs
        >>> threads_by_size(lambda dataset: torch.get_num_threads())(sachs())
        1
    """
    signature = inspect.signature(job)

    @wraps(job)
    def sized(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        dataset = next(iter(signature.bind(*args, **kwargs).arguments.values()))
        with threads_for(dataset.n_samples * len(dataset.functions) ** 2):
            return job(*args, **kwargs)

    return sized
