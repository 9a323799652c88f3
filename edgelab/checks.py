"""Checks of single arguments, with one wording for each rule."""

from collections.abc import Iterable
from numbers import Integral

from edgelab.errors import ConfigError, close_names

SEEDS = 2**63
"""Seeds are smaller than this: what the generators of torch take."""


def check_integer(name: str, value: object, *, least: int = 1, why: str = "") -> None:
    """Refuse what is no integer of at least a bound; True and False are none.

    Args:
        name: Name of the argument.
        value: What was given.
        least: The smallest integer allowed.
        why: What the number is about, or the cure; ends the message.

    Raises:
        ConfigError: If it is none.

    Example:
        >>> check_integer("epochs", 0)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: epochs must be a positive integer, got 0
    """
    if not (isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least):
        rule = "a positive integer" if least == 1 else f"an integer of at least {least}"
        ending = f"; {why}" if why else ""
        raise ConfigError(f"{name} must be {rule}, got {value!r}{ending}")


def check_share(name: str, value: float) -> None:
    """Refuse what does not lie between 0 and 1, both excluded.

    Args:
        name: Name of the argument.
        value: What was given.

    Raises:
        ConfigError: If it lies outside, or is NaN.

    Example:
        >>> check_share("fraction", 1.0)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: fraction must lie in (0, 1), got 1.0
    """
    if not 0 < value < 1:
        raise ConfigError(f"{name} must lie in (0, 1), got {value!r}")


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse what is none of the choices.

    Args:
        name: Name of the argument.
        value: What was given.
        choices: What may be given.

    Raises:
        ConfigError: If it is none of them; the message says which one resembles it.

    Example:
        >>> check_choice("estimand", "totl", ["total", "direct"])
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: estimand must be one of ['total', 'direct'], got 'totl' (close:
        'total')
    """
    choices = list(choices)
    if value not in choices:
        resembling = close_names(value, choices)
        raise ConfigError(f"{name} must be one of {choices}, got {value!r} ({resembling})")


def check_seed(value: object, name: str = "seed") -> None:
    """Refuse what the generators do not take as a seed.

    Args:
        value: What was given.
        name: Name of the argument.

    Raises:
        ConfigError: If it is no integer from 0 to 2**63 - 1.

    Example:
        >>> check_seed(-1)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: seed must be an integer from 0 to 2**63 - 1, got -1
    """
    if not (
        isinstance(value, Integral) and not isinstance(value, bool) and 0 <= int(value) < SEEDS
    ):
        raise ConfigError(f"{name} must be an integer from 0 to 2**63 - 1, got {value!r}")
