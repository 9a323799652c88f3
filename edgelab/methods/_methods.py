"""Every way to rank candidate edges, by name: those that read a trained GSNN and those that look at
the data only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from edgelab.inference import EdgeGrowthScorer, edge_table
from edgelab.inference.baselines import BASELINES, random_scores
from edgelab.inference.consensus import ConsensusScorer
from edgelab.inference.features import pair_features
from edgelab.inference.gsnn import CorrelationKind
from edgelab.registry import Registry
from edgelab.screens import control_rows

from ._evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to rank candidate edges.

    Attributes:
        label: What tables and figures call it, in a few letters.
        needs_model: Whether it reads the one GSNN that is trained on the whole known graph.
        is_baseline: Whether it is what others have to beat: a simple or a published way, on data or
            topology alone.
        table: Makes the edge table; keeps the best `top` per target if a number is given.
    """

    label: str
    needs_model: bool
    is_baseline: bool
    table: Callable[[Evidence, int | None], pd.DataFrame]


METHODS: Registry[Method] = Registry("method")


def _from_model(label: str, score: CorrelationKind) -> Method:
    def table(evidence: Evidence, top: int | None) -> pd.DataFrame:
        return evidence.trained.inferer.evaluate(layer_agg="pooled", score=score, top=top)

    return Method(label=label, needs_model=True, is_baseline=False, table=table)


def _from_regressor(evidence: Evidence, top: int | None) -> pd.DataFrame:
    regressor = evidence.trained.regressor
    return edge_table(regressor.raw_scores, regressor.pairs, top=top)


def _from_growth(evidence: Evidence, top: int | None) -> pd.DataFrame:
    trained = evidence.trained
    scorer = EdgeGrowthScorer(trained.model, evidence.data)
    scorer.fit(trained.batches, progress=evidence.settings.training.progress)
    return scorer.evaluate(top=top)


def _from_data(label: str, baseline: str, control_only: bool = False) -> Method:
    def table(evidence: Evidence, top: int | None) -> pd.DataFrame:
        task = evidence.task
        scorer = BASELINES[baseline](task.samples(control_rows(task)) if control_only else task)
        return edge_table(scorer.raw_scores, scorer.pairs, top=top)

    return Method(label=label, needs_model=False, is_baseline=True, table=table)


def _from_chance(evidence: Evidence, top: int | None) -> pd.DataFrame:
    # Another draw for every hold-out: the mean over hold-outs is then chance, and not one lucky or
    # unlucky ranking.
    scorer = random_scores(evidence.task, seed=evidence.seed)
    return edge_table(scorer.raw_scores, scorer.pairs, top=top)


def _from_evidence(label: str, groups: tuple[str, ...]) -> Method:
    def table(evidence: Evidence, top: int | None) -> pd.DataFrame:
        features = pair_features(
            evidence.task, evidence.model_features if "model" in groups else None
        )
        scorer = ConsensusScorer(features.only(*groups), seed=evidence.seed)
        return edge_table(scorer.raw_scores, scorer.pairs, top=top)

    return Method(label=label, needs_model=False, is_baseline=False, table=table)


# The consensus leaves models out: with them it is no better on DREAM4 (MRR .799 against .795), and
# worse on Sachs (8 hold-outs, .58 against .62) and on the convergence graph.
METHODS.register("consensus")(
    _from_evidence("consensus", ("intervention", "association", "given regulators", "topology"))
)
METHODS.register("gsnn")(_from_evidence("GSNN evidence", ("model", "topology")))
METHODS.register("mei")(_from_model("MEI", "corr"))
METHODS.register("mei_partial")(_from_model("MEI partial", "partial"))
METHODS.register("mei_spearman")(_from_model("MEI rank", "spearman"))
METHODS.register("regressor")(
    Method(label="edge regressor", needs_model=True, is_baseline=False, table=_from_regressor),
)
METHODS.register("edge_growth")(
    Method(label="edge growth", needs_model=True, is_baseline=False, table=_from_growth)
)
METHODS.register("pearson")(_from_data("Pearson", "pearson"))
METHODS.register("pearson_control")(_from_data("Pearson, control", "pearson", control_only=True))
METHODS.register("spearman")(_from_data("Spearman", "spearman"))
METHODS.register("partial_correlation")(_from_data("partial correlation", "partial_correlation"))
METHODS.register("z_shift")(_from_data("z shift", "z_shift"))
METHODS.register("ks_shift")(_from_data("KS shift", "ks_shift"))
METHODS.register("interventional_z")(_from_data("interventional z", "interventional_z"))
METHODS.register("robust_precision")(_from_data("robust precision", "robust_precision"))
METHODS.register("genie3")(_from_data("GENIE3", "genie3"))
METHODS.register("grnboost")(_from_data("GRNBoost", "grnboost"))
METHODS.register("out_degree")(_from_data("source out-degree", "out_degree"))
METHODS.register("preferential_attachment")(
    _from_data("pref. attachment", "preferential_attachment")
)
METHODS.register("neighbourhood")(_from_data("neighbourhood", "neighbourhood"))
METHODS.register("adamic_adar")(_from_data("Adamic-Adar", "adamic_adar"))
METHODS.register("random")(
    Method(label="random", needs_model=False, is_baseline=True, table=_from_chance)
)
