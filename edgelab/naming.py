"""Names in the order in which people list them."""

import re
from collections.abc import Iterable

NaturalKey = tuple[list[tuple[int, int | str]], str]


def natural_key(name: str) -> NaturalKey:
    """Sort key of a name that compares runs of digits as numbers.

    Args:
        name: Any name.

    Returns:
        What `sorted` should compare; different for different names.

    Example:
        >>> sorted(["in10", "in2"], key=natural_key)
        ['in2', 'in10']
    """
    parts = re.split(r"(\d+)", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts], name


def natural_order(names: Iterable[str]) -> list[str]:
    """Distinct names in natural order.

    Args:
        names: Any names; repeated ones count once.

    Returns:
        The names, sorted.

    Example:
        >>> natural_order(["f10", "f9", "f10"])
        ['f9', 'f10']
    """
    return sorted(set(names), key=natural_key)
