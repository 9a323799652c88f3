"""Modes of a module, changed for the length of a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model and its parts into evaluation mode, and each back into the mode in which it was
    found.

    Args:
        model: Any module.

    Yields:
        Nothing.

    Example:
        >>> model = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
        >>> with evaluation_mode(model):
        ...     model.training
        False
        >>> [part.training for part in model]
        [True, False]
    """
    # Module by module: train() on the whole would also wake parts that the user has put to rest.
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
