"""Signs: of the change, by a map from raw numbers, and of the sum of graph and change, by force."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import torch

from edgelab.errors import ConfigError
from edgelab.perturbation._edge_matrix import EdgeMatrix, Matrix
from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

_MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "free": lambda raw: raw,
    "nonnegative": torch.square,
    "nonpositive": lambda raw: -raw.square(),
}

# What makes numbers nonnegative.
FinalRule: TypeAlias = Callable[[Tensor], Tensor]

FINAL_RULES: Registry[FinalRule] = Registry("final_rule")


def read_sign(name: str, value: object) -> str:
    """Read `free`, `nonnegative` or `nonpositive`, in any case."""
    sign = str(value).lower()
    if sign not in _MAPS:
        raise ConfigError(f"{name} must be one of {list(_MAPS)}; got {value!r}")
    return sign


def sign_map(raw: Float[Tensor, "*shape"], sign: str) -> Float[Tensor, "*shape"]:
    """Raw numbers as they are, squared, or squared and negated."""
    return _MAPS[sign](raw)


def inverse_sign_map(values: Float[Tensor, "*shape"], sign: str) -> Float[Tensor, "*shape"]:
    """Raw numbers that `sign_map` turns into given ones; of a square, the root that is ≥ 0."""
    return values if sign == "free" else values.abs().sqrt()


def has_sign(values: Float[Tensor, "*shape"], sign: str) -> bool:
    """Whether no number has the forbidden sign; 0 has either."""
    wrong = {"free": None, "nonnegative": -values, "nonpositive": values}[sign]
    return wrong is None or not bool((wrong > 0).any())


@FINAL_RULES.register("reflect")
def reflect(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Turn negative numbers round: a change that goes below zero comes back up."""
    return values.abs()


@FINAL_RULES.register("clip")
def clip(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Stop at zero, without gradient there: an edge can be removed, not turned round."""
    return values.clamp(min=0)


def apply_final_sign(matrix: Matrix, sign: str, rule: str) -> Matrix:
    """Give all entries of a matrix the wanted sign by a rule of `FINAL_RULES`."""
    if sign == "free":
        return matrix
    side = 1 if sign == "nonnegative" else -1
    make_nonnegative = FINAL_RULES[rule]

    def force(values: Tensor) -> Tensor:
        return side * make_nonnegative(side * values)

    if isinstance(matrix, EdgeMatrix):
        diagonal = None if matrix.diagonal is None else force(matrix.diagonal)
        return replace(matrix, values=force(matrix.values), diagonal=diagonal)
    return force(matrix)


def warn_of_signs(
    delta_sign: str, final_sign: str, rule: str, adj0_values: Float[Tensor, " _"]
) -> None:
    """Warn where the signs that were asked for contradict each other or what is there."""
    # Clipping stops a change at zero, as when edges are removed: no contradiction.
    if rule == "reflect" and {delta_sign, final_sign} == {"nonnegative", "nonpositive"}:
        warnings.warn(
            f"delta_sign={delta_sign!r} and final_sign={final_sign!r} pull in opposite directions: "
            "forcing the final sign by reflection turns back what crosses zero. Choose "
            "final_rule='clip' to remove edges, or set one of the signs to 'free'.",
            RuntimeWarning,
            stacklevel=3,
        )
    if not has_sign(adj0_values, final_sign):
        warnings.warn(
            f"adj0 violates final_sign={final_sign!r}: edges change their sign without any cost. "
            "Set final_sign='free', or leave those edges out.",
            RuntimeWarning,
            stacklevel=3,
        )
