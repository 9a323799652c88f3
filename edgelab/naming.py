"""Names in the order in which people list them."""

import re
from collections.abc import Iterable, Sequence

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


def natural_pair_key(pair: Sequence[str]) -> tuple[NaturalKey, NaturalKey]:
    """Sort key of an edge: the natural order of its source, then that of its target.

    Args:
        pair: The names of source and target.

    Returns:
        What `sorted` should compare; different for different pairs.

    Example:
        >>> sorted([("f10", "f1"), ("f2", "f10"), ("f2", "f9")], key=natural_pair_key)
        [('f2', 'f9'), ('f2', 'f10'), ('f10', 'f1')]
    """
    source, target = pair
    return natural_key(source), natural_key(target)


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
