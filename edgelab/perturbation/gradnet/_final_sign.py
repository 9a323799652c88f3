"""Which sign the edges of the perturbed graph may have, whatever the change is."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from edgelab.perturbation._edge_matrix import EdgeMatrix, Matrix
from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

from ._signs import has_sign

# What makes numbers nonnegative.
FinalRule: TypeAlias = Callable[[Tensor], Tensor]

FINAL_RULES: Registry[FinalRule] = Registry("final_rule")


@FINAL_RULES.register("reflect")
def reflect(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Turn negative numbers round: a change that goes below zero comes back up.

    Args:
        values: Any real numbers.

    Returns:
        Their magnitudes; gradients everywhere but at 0.

    Example:
        >>> import torch
        >>> reflect(torch.tensor([1.0 - 3.0])).item()
        2.0
    """
    return values.abs()


@FINAL_RULES.register("clip")
def clip(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Stop at zero: an edge can be removed, not turned round.

    Args:
        values: Any real numbers.

    Returns:
        The numbers where positive, 0 elsewhere; no gradient there.

    Example:
        >>> import torch
        >>> clip(torch.tensor([1.0 - 3.0])).item()
        0.0
    """
    return values.clamp(min=0)


def apply_final_sign(matrix: Matrix, sign: str, rule: str) -> Matrix:
    """Give all entries of a matrix the wanted sign.

    Args:
        matrix: Dense or sparse.
        sign: `"free"` changes nothing; `"nonnegative"` or `"nonpositive"`.
        rule: A name in `FINAL_RULES`: `"reflect"` or `"clip"`.

    Returns:
        A matrix of the same kind.

    Example:
        >>> import torch
        >>> apply_final_sign(torch.tensor([[1.0, 2.0], [-3.0, 4.0]]), "nonnegative", "clip").tolist()
        [[1.0, 2.0], [0.0, 4.0]]
    """
    if sign == "free":
        return matrix
    side = 1 if sign == "nonnegative" else -1
    force = FINAL_RULES[rule]
    if isinstance(matrix, Tensor):
        return side * force(side * matrix)
    return _of_edges(matrix, lambda values: side * force(side * values))


def warn_of_signs(
    delta_sign: str, final_sign: str, rule: str, adj0_values: Float[Tensor, " _"]
) -> None:
    """Warn where the signs that were asked for contradict each other or what is there.

    Args:
        delta_sign: Of the change.
        final_sign: Of the sum.
        rule: How it is forced. Clipping stops a change at zero, as when edges are removed: no
            contradiction.
        adj0_values: Entries of the adjacency before.

    Warns:
        RuntimeWarning: If they do.

    Example:
        >>> import torch
        >>> warn_of_signs("nonpositive", "nonnegative", "clip", torch.tensor([1.0, 0.0]))
    """
    if rule == "reflect" and {delta_sign, final_sign} == {"nonnegative", "nonpositive"}:
        warnings.warn(
            f"delta_sign={delta_sign!r} and final_sign={final_sign!r} pull in opposite directions: forcing the final "
            "sign by reflection turns back what crosses zero. Choose final_rule='clip' to remove edges, or set one of "
            "the signs to 'free'.",
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


def _of_edges(matrix: EdgeMatrix, function: FinalRule) -> EdgeMatrix:
    diagonal = None if matrix.diagonal is None else function(matrix.diagonal)
    return replace(matrix, values=function(matrix.values), diagonal=diagonal)
