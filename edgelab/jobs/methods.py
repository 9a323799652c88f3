"""Every way to rank candidate edges, by name: those that read a trained GSNN and those that look at the data only."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from edgelab.inference import edge_table
from edgelab.inference.baselines import BASELINES, control_rows
from edgelab.inference.correlation_scores import CorrelationKind
from edgelab.jobs.evidence import Evidence
from edgelab.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to rank candidate edges.

    Attributes:
        label: What tables and figures call it.
        needs_model: Whether it reads a trained GSNN.
        table: Makes the edge table; keeps the best `top` per target if a number is given.
    """

    label: str
    needs_model: bool
    table: Callable[[Evidence, int | None], pd.DataFrame]


METHODS: Registry[Method] = Registry("method")


def _from_model(label: str, score: CorrelationKind) -> Method:
    def table(evidence: Evidence, top: int | None) -> pd.DataFrame:
        return evidence.trained.inferer.evaluate(score=score, top=top)

    return Method(label=label, needs_model=True, table=table)


def _from_regressor(evidence: Evidence, top: int | None) -> pd.DataFrame:
    regressor = evidence.trained.regressor
    return edge_table(regressor.raw_scores, regressor.pairs, top=top)


def _from_data(label: str, baseline: str, control_only: bool = False) -> Method:
    def table(evidence: Evidence, top: int | None) -> pd.DataFrame:
        task = evidence.task
        scorer = BASELINES[baseline](task.samples(control_rows(task)) if control_only else task)
        return edge_table(scorer.raw_scores, scorer.pairs, top=top)

    return Method(label=label, needs_model=False, table=table)


METHODS.register("mei")(_from_model("MEI, correlation", "corr"))
METHODS.register("mei_partial")(_from_model("MEI, partial correlation", "partial"))
METHODS.register("mei_spearman")(_from_model("MEI, rank correlation", "spearman"))
METHODS.register("regressor")(
    Method(label="online edge regressor", needs_model=True, table=_from_regressor),
)
METHODS.register("pearson")(_from_data("Pearson, all samples", "pearson"))
METHODS.register("pearson_control")(_from_data("Pearson, control samples", "pearson", control_only=True))
METHODS.register("spearman")(_from_data("Spearman, all samples", "spearman"))
METHODS.register("partial_correlation")(_from_data("partial correlation (Ledoit–Wolf)", "partial_correlation"))
METHODS.register("z_shift")(_from_data("intervention shift, z", "z_shift"))
METHODS.register("ks_shift")(_from_data("intervention shift, Kolmogorov–Smirnov", "ks_shift"))
METHODS.register("out_degree")(_from_data("source out-degree", "out_degree"))
METHODS.register("random")(_from_data("random", "random"))
