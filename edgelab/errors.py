"""Exceptions of edgelab. Every message says what happened, the rule, the value and the cure."""

from collections.abc import Iterable
from difflib import get_close_matches


class EdgelabError(Exception):
    """Base of every error that edgelab raises on purpose."""


class GraphError(EdgelabError, ValueError):
    """A graph, or a table that should become one, breaks a rule."""


class DataError(EdgelabError, ValueError):
    """A measurement matrix, a file or a sample breaks a rule."""


class ConfigError(EdgelabError, ValueError):
    """An argument or an option lies outside what is allowed."""


class TableError(EdgelabError, ValueError):
    """An edge table lacks a column or holds a value that it must not."""


class LeakageError(EdgelabError, ValueError):
    """A benchmark would show its scorers what they are to find."""


class CaptureError(EdgelabError, RuntimeError):
    """Activations or gradients were asked for before they were captured."""


class TrainingError(EdgelabError, RuntimeError):
    """Training cannot go on: the loss or a gradient is not finite."""


class IntegrationError(EdgelabError, RuntimeError):
    """A differential equation cannot be solved to the wanted accuracy."""


class GrowthError(EdgelabError, RuntimeError):
    """A network cannot grow: a statistic, a gradient or a neighbour that it needs is missing."""


class CheckpointError(EdgelabError, RuntimeError):
    """A checkpoint is missing, damaged or belongs to another run."""


def shorten(names: Iterable[object], limit: int = 5) -> str:
    """Quote the first few names and count the rest, for use inside a message.

    Args:
        names: What to list.
        limit: How many are spelled out.

    Returns:
        For example `'a', 'b' and 3 more`.

    Example:
        >>> shorten("abcdef", limit=2)
        "'a', 'b' and 4 more"
    """
    listed = [repr(name) for name in names]
    text = ", ".join(listed[:limit])
    return text if len(listed) <= limit else f"{text} and {len(listed) - limit} more"


def close_names(name: object, choices: Iterable[object], limit: int = 3) -> str:
    """Say which known names resemble an unknown one, for use inside a message.

    Args:
        name: The unknown name.
        choices: The known names.
        limit: How many are listed at most.

    Returns:
        For example `close: 'STAT3'`, or `no close match` when nothing resembles it. Case is
        ignored.

    Example:
        >>> close_names("stat3", ["STAT1", "MYC"])
        "close: 'STAT1'"
    """
    by_lower_case = {str(choice).lower(): choice for choice in choices}
    close = get_close_matches(str(name).lower(), by_lower_case, n=limit)
    if not close:
        return "no close match"
    return f"close: {shorten(by_lower_case[match] for match in close)}"
