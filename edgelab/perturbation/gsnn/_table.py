"""The table of edges to change, with what each of them does."""

import numpy as np
import pandas as pd
import torch

from edgelab.typing import Array, Float, Tensor

from ._response import EdgeResponse


@torch.no_grad()
def changes_effects(
    response: EdgeResponse, changes: Float[Tensor, " edges"]
) -> Float[Tensor, "variants models"]:
    """Predict what changes do together, each alone, and all without each.

    Args:
        response: What to predict.
        changes: The change of every edge; k of them are not zero.

    Returns:
        1 + 2k rows: the effect of all together, of each alone, and of all but each.
    """
    changed = changes.nonzero().flatten()
    alone = torch.diag(changes)[changed]
    variants = torch.cat([torch.zeros_like(changes)[None], changes[None], alone, changes - alone])
    responses = response.of_changes(variants)
    return responses[1:] - responses[0]


def changes_table(
    edges: pd.DataFrame,
    changes: Float[Array, " edges"],
    effects: Float[Array, "variants models"],
    budget: float,
) -> pd.DataFrame:
    """List the edges to change, the most effective first.

    Args:
        edges: Columns `source`, `target`, `kind`, `before` and `cost`.
        changes: One per edge.
        effects: What `changes_effects` returns, in the wanted units.
        budget: What may be spent.

    Returns:
        `Perturbation.table`.
    """
    table = edges.assign(change=changes)[changes != 0].reset_index(drop=True)
    n_changed = len(table)
    together = effects[0]
    alone = effects[1 : 1 + n_changed]
    without = effects[1 + n_changed :]
    table["after"] = table["before"] + table["change"]
    table["spent"] = table["change"].abs() * table["cost"]
    table["share"] = table["spent"] / budget
    table["effect_alone"] = alone.mean(1)
    table["effect_sd"] = alone.std(1, ddof=1) if effects.shape[1] > 1 else np.nan
    table["agreement"] = (np.sign(alone) == np.sign(alone.mean(1, keepdims=True))).mean(1)
    table["effect_within"] = (together - without).mean(1)
    columns = ["source", "target", "kind", "before", "after", "change", "cost", "spent", "share"]
    columns += ["effect_alone", "effect_sd", "agreement", "effect_within"]
    return ranked(table[columns], "effect_within")


def ranked(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sort rows by the size of an effect; equal ones keep their order.

    Args:
        table: Any table.
        by: The column of effects.

    Returns:
        A sorted copy; sizes that differ in the 13th decimal are equal, so that rounding does not
        decide.

    Example:
        >>> ranked(pd.DataFrame({"effect": [0.1, -0.5]}), "effect")["effect"].tolist()
        [-0.5, 0.1]
    """
    order = np.argsort(-table[by].abs().round(12).to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)
