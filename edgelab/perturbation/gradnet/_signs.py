"""How raw parameters become a perturbation of the wanted sign."""

from collections.abc import Callable

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

_MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "free": lambda raw: raw,
    "nonnegative": torch.square,
    "nonpositive": lambda raw: -raw.square(),
}


def check_sign(name: str, value: object) -> str:
    """Read a sign constraint, in any case.

    Args:
        name: Of the argument, for the message.
        value: One of `free`, `nonnegative`, `nonpositive`.

    Returns:
        The constraint in lower case.

    Raises:
        ConfigError: If it is none of the three.

    Example:
        >>> check_sign("delta_sign", "Free")
        'free'
    """
    sign = str(value).lower()
    if sign not in _MAPS:
        raise ConfigError(f"{name} must be one of {list(_MAPS)}; got {value!r}")
    return sign


def sign_map(raw: Float[Tensor, "*shape"], sign: str) -> Float[Tensor, "*shape"]:
    """Turn raw parameters into numbers of the wanted sign.

    Args:
        raw: Any real numbers.
        sign: `free` leaves them, `nonnegative` squares them, `nonpositive` squares and negates
            them.

    Returns:
        One number per parameter.

    Example:
        >>> sign_map(torch.tensor([-3.0, 2.0]), "nonpositive").tolist()
        [-9.0, -4.0]
    """
    return _MAPS[sign](raw)


def inverse_sign_map(values: Float[Tensor, "*shape"], sign: str) -> Float[Tensor, "*shape"]:
    """Find the raw parameters that `sign_map` turns into given numbers.

    Args:
        values: Numbers of the wanted sign.
        sign: As in `sign_map`.

    Returns:
        The numbers themselves, or the roots of their magnitudes.

    Example:
        >>> inverse_sign_map(torch.tensor([-9.0, -4.0]), "nonpositive").tolist()
        [3.0, 2.0]
    """
    return values if sign == "free" else values.abs().sqrt()


def has_sign(values: Float[Tensor, "*shape"], sign: str) -> bool:
    """Whether no number has the forbidden sign.

    Args:
        values: Any real numbers.
        sign: As in `sign_map`.

    Returns:
        Always true for `free`.

    Example:
        >>> has_sign(torch.tensor([0.0, -1.0]), "nonnegative")
        False
    """
    wrong = {"free": None, "nonnegative": -values, "nonpositive": values}[sign]
    return wrong is None or not bool((wrong > 0).any())
