"""The best candidate edges, printed with what their numbers mean."""

from typing import Any

import pandas as pd

from edgelab.errors import DataError
from edgelab.jobs import Inference
from edgelab.methods import METHODS

from .._console import out
from ._tables import titled_table


def require_candidates(inference: Inference) -> None:
    """Refuse a table in which nothing is ranked: no candidate, or no score for any."""
    candidates = inference.candidates
    if candidates.empty:
        n_functions = inference.data["function"].num_nodes
        raise DataError(
            f"the prior holds all {len(inference.table)} edges that {n_functions} functions can "
            "have, so none can be missing. Give a prior with fewer edges, or more functions."
        )
    if candidates["score"].isna().all():
        raise DataError(
            f"method {inference.method!r} finds no score for any of the {len(candidates)} "
            "candidates. It needs samples that differ: several controls (rows of x that are all 0) "
            "beside treated ones for z_shift and ks_shift, at least 3 samples and columns of y "
            "that vary for correlations, columns of x that vary for a model of the perturbation "
            "task. Give such samples, or choose another method."
        )


def show_candidates(inference: Inference, top: int) -> None:
    """Print the best `top` candidate edges."""
    title = f"Candidate edges by {METHODS[inference.method].label}"
    columns = ("rank", "source", "target", "score", "p", "q")
    table = titled_table(title, columns, left={"source", "target"})
    best = inference.candidates.dropna(subset="score").head(top)
    for rank, row in enumerate(best.itertuples(), start=1):
        numbers = (f"{row.score:.3f}", _probability(row.p_value), _probability(row.q_value))
        table.add_row(str(rank), str(row.src_func), str(row.dst_func), *numbers)
    out.print(table)
    out.print(_what_is_tested(best), style="dim")
    if rests_on_network(inference.table):
        out.print(
            "This ranking rests on the known network alone: x and y tell no two sources of a "
            "target apart. Look for columns of y that do not vary, and for too few samples.",
            style="bold",
        )


def rests_on_network(table: pd.DataFrame) -> bool:
    """Whether nothing but the topology of the prior tells the sources of any target apart.

    Only methods that explain themselves in columns `why_...` can be judged; False for the others.
    """
    if "why_topology" not in table or not table["dst_func"].duplicated().any():
        return False
    reasons = [name for name in table.columns if name.startswith("why_") and name != "why_topology"]
    # Nine digits: two sums of the same contributions may differ in their last bits.
    distinct = table[reasons].round(9).groupby(table["dst_func"]).nunique()
    return not (distinct > 1).to_numpy().any()


def _what_is_tested(best: pd.DataFrame) -> str:
    """What p and q of a table are about."""
    sentences = []
    if best["p_value"].notna().any():
        sentences.append("p tests association in this model; common drivers associate too.")
    if (best["estimand"] == "association").any():
        sentences.append(
            "q corrects p for the number of candidates, so it is about association too."
        )
    elif best["q_value"].isna().all():
        sentences.append(
            "No q: no source listed here has an intervention of its own that was made at least "
            "twice."
        )
    else:
        sentences.append(
            "q is the expected share of false calls down to this row's evidence, where true means "
            "a directed path from source to target, not an edge; it comes from the interventions, "
            "not from the score."
        )
    return " ".join(sentences)


def _probability(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.2g}"
