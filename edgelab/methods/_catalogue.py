"""The methods by name: those that weigh all evidence, those that read a GSNN, and baselines."""

from functools import partial

import pandas as pd

from edgelab.inference import EdgeGrowthScorer, EdgeScorer, edge_table
from edgelab.inference.baselines import BASELINES, random_scores
from edgelab.inference.consensus import ConsensusScorer
from edgelab.inference.features import pair_features
from edgelab.inference.gsnn import CorrelationKind
from edgelab.registry import Registry
from edgelab.screens import control_rows

from ._evidence import Evidence
from ._method import Method

METHODS: Registry[Method] = Registry("method")
"""Methods by name: `METHODS["consensus"].table(evidence, None)` ranks all pairs."""


def _ranked(scorer: EdgeScorer, top: int | None) -> pd.DataFrame:
    return edge_table(scorer.raw_scores, scorer.pairs, top=top)


# All evidence about a pair, weighed by what known edges teach.


def _from_features(groups: tuple[str, ...], evidence: Evidence, top: int | None) -> pd.DataFrame:
    model = evidence.model_features if "model" in groups else None
    features = pair_features(evidence.task, model).only(*groups)
    return _ranked(ConsensusScorer(features, seed=evidence.seed), top)


METHODS.register("consensus")(
    Method(
        label="consensus",
        description=(
            "All that the data say of a pair, weighed together: what the target does when the "
            "source is perturbed, how the two vary together, what the target's known regulators "
            "leave unexplained, and the known network around the pair. With 30 known edges or "
            "more, a forest learns from them what an edge looks like, and the score is a "
            "probability of being a known edge; with fewer, the kinds of evidence vote by rank. "
            "The columns why_... say what each kind adds. It takes whatever there is: any "
            "measurements, with or without interventions. The default; ahead of every other "
            "method on DREAM4, on which it was developed, and with a few known edges about as "
            "good as the best simple ranking. Source: edgelab; extremely randomised trees (Geurts "
            "et al. 2006), reciprocal rank fusion (Cormack et al. 2009)."
        ),
        # Models are left out: with them it is no better on DREAM4 (MRR .799 against .795), and
        # worse on Sachs (8 hold-outs, .58 against .62) and on the convergence graph.
        table=partial(
            _from_features, ("intervention", "association", "given regulators", "topology")
        ),
    )
)
METHODS.register("gsnn")(
    Method(
        label="GSNN evidence",
        description=(
            "What neural networks wired like your network miss. Five are trained, each without a "
            "fifth of the known edges, and read on the way: where does the error at a target "
            "follow the activity of a function that has no edge to it? Every pair is described by "
            "a network that did not know it; these readings and the known network around the pair "
            "are weighed as in the consensus. It needs samples enough to train on, a network "
            "along which signals can pass, and minutes instead of seconds. Look "
            "at it where regulators act together, so that no pair stands out by itself, and where "
            "it finds your hidden edges better than the simple rankings. Source: edgelab; GSNN, "
            "Evans et al. (2024)."
        ),
        table=partial(_from_features, ("model", "topology")),
    )
)


# What is read from one GSNN that is trained on the whole known graph.


def _from_inferer(score: CorrelationKind, evidence: Evidence, top: int | None) -> pd.DataFrame:
    return evidence.trained.inferer.evaluate(layer_agg="pooled", score=score, top=top)


def _from_regressor(evidence: Evidence, top: int | None) -> pd.DataFrame:
    return _ranked(evidence.trained.regressor, top)


def _from_growth(evidence: Evidence, top: int | None) -> pd.DataFrame:
    trained = evidence.trained
    scorer = EdgeGrowthScorer(trained.model, evidence.data)
    scorer.fit(trained.batches, progress=evidence.settings.training.progress)
    return scorer.evaluate(top=top)


METHODS.register("mei")(
    Method(
        label="MEI",
        description=(
            "Magnitude edge inference: trains one neural network wired like your network and "
            "correlates, over samples, how active the source is with how strongly the error pulls "
            "at the target one layer later (its gradient). A high score means that the model would "
            "change the target whenever the source is active, and lacks an edge to do so. It "
            "needs samples enough to train on; a short training ranks better than a long one, "
            "which absorbs the missing edges into the known ones. On Sachs and DREAM4 it is above "
            "chance and below simple statistics on the interventions: read it beside them. "
            "Source: edgelab; GSNN, Evans et al. (2024)."
        ),
        needs_model=True,
        table=partial(_from_inferer, "corr"),
    )
)
METHODS.register("mei_partial")(
    Method(
        label="MEI partial",
        description=(
            "As MEI, given the target's known regulators: what the activity of the source adds to "
            "theirs in explaining the error gradient at the target. It discounts sources that "
            "merely vary with a known regulator, and needs clearly more samples than a target has "
            "known regulators. As MEI, read it beside simple statistics on the interventions. "
            "Source: edgelab; GSNN, Evans et al. (2024)."
        ),
        needs_model=True,
        table=partial(_from_inferer, "partial"),
    )
)
METHODS.register("mei_spearman")(
    Method(
        label="MEI rank",
        description=(
            "As MEI, with rank correlation in place of Pearson's, so that single extreme samples "
            "count no more than others. It keeps the values of all samples in memory. For "
            "measurements with outliers or heavy tails; otherwise as MEI. Source: edgelab; GSNN, "
            "Evans et al. (2024)."
        ),
        needs_model=True,
        table=partial(_from_inferer, "spearman"),
    )
)
METHODS.register("regressor")(
    Method(
        label="edge regressor",
        description=(
            "Trains one neural network wired like your network and, beside it, a regression that "
            "predicts the error gradient at every target from the activities of all functions at "
            "once. The score is the source's weight, so that sources compete for a target. Its "
            "p-values need more samples than functions. It watches the whole training and not its "
            "end alone, but its weights depend on the order of the samples: trust what several "
            "seeds agree on. Source: edgelab; GSNN, Evans et al. (2024)."
        ),
        needs_model=True,
        table=_from_regressor,
    )
)
METHODS.register("edge_growth")(
    Method(
        label="edge growth",
        description=(
            "Trains one neural network wired like your network and asks, in closed form, which "
            "share of the pull of the error at a target one new edge from the source could "
            "follow, after the edges that the target already has. The score lies between 0 and 1 "
            "and has no p-value. Memory grows with the square of the number of functions. Read it "
            "as what the model would gain, which is not always what the cell does. Source: "
            "edgelab; the closed form is that of Verbockhaven et al. (2024), Growing Tiny "
            "Networks."
        ),
        needs_model=True,
        table=_from_growth,
    )
)


# What others have to beat: statistics of the data or of the known graph, and published methods.


def _from_baseline(baseline: str, evidence: Evidence, top: int | None) -> pd.DataFrame:
    return _ranked(BASELINES[baseline](evidence.task), top)


def _from_controls(evidence: Evidence, top: int | None) -> pd.DataFrame:
    controls = evidence.task.samples(control_rows(evidence.task))
    return _ranked(BASELINES["pearson"](controls), top)


def _from_chance(evidence: Evidence, top: int | None) -> pd.DataFrame:
    # Another draw for every hold-out: the mean over hold-outs is then chance, and not one lucky or
    # unlucky ranking.
    return _ranked(random_scores(evidence.task, seed=evidence.seed), top)


METHODS.register("pearson")(
    Method(
        label="Pearson",
        description=(
            "Absolute Pearson correlation of the measurements of source and target over all "
            "samples. It needs no interventions. It knows no direction, and whatever drives both "
            "functions correlates them: with a hidden common cause most of its small p-values are "
            "false as edges. A yardstick, not a finding."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "pearson"),
    )
)
METHODS.register("pearson_control")(
    Method(
        label="Pearson, control",
        description=(
            "Absolute Pearson correlation over the control samples only, so that interventions "
            "drive nobody and what is left is how functions vary from sample to sample. It needs "
            "many controls, as single cells provide them. Symmetric, and blind to hidden common "
            "causes, as Pearson."
        ),
        is_baseline=True,
        table=_from_controls,
    )
)
METHODS.register("spearman")(
    Method(
        label="Spearman",
        description=(
            "Absolute rank correlation of the measurements of source and target over all samples. "
            "It sees any relation that only rises or only falls, and single extreme samples do "
            "not decide it. Otherwise as Pearson: no interventions needed, no direction known, "
            "common causes mistaken for edges. Source: Spearman (1904)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "spearman"),
    )
)
METHODS.register("partial_correlation")(
    Method(
        label="partial correlation",
        description=(
            "Absolute correlation of source and target with all other measured functions held "
            "fixed, from a shrunken covariance matrix, so that it can be computed with fewer "
            "samples than functions. It discounts what passes through measured functions or comes "
            "from them, not what comes from unmeasured ones, and knows no direction. Trust it "
            "with many samples and nearly linear relations. Source: Ledoit and Wolf (2004)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "partial_correlation"),
    )
)
METHODS.register("z_shift")(
    Method(
        label="z shift",
        description=(
            "How many standard deviations the mean of the target moves when the source is "
            "perturbed, against matched controls; of several interventions on a source the "
            "largest shift counts. It needs interventions that hit the source and controls; "
            "sources without one get no score. A shift is the total effect, along whatever path, "
            "and includes what the reagent does beside hitting its source. Among the best on "
            "Sachs, and the first to look at when replicates are many. Source: Student's t test."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "z_shift"),
    )
)
METHODS.register("ks_shift")(
    Method(
        label="KS shift",
        description=(
            "How far the whole distribution of the target moves when the source is perturbed "
            "(Kolmogorov-Smirnov distance, 0 to 1), against matched controls; of several "
            "interventions on a source the largest distance counts. It sees changes of spread and "
            "shape where the mean stays, and needs many samples per condition, as single cells "
            "provide them. Otherwise as z shift: total effects, no score without an intervention. "
            "Source: Kolmogorov-Smirnov test, Hodges (1958)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "ks_shift"),
    )
)
METHODS.register("interventional_z")(
    Method(
        label="interventional z",
        description=(
            "How unusual the target's response to a perturbation of the source is among its "
            "responses to all perturbations of the same kind, summed over kinds such as knockouts "
            "and knockdowns. Made for screens: it needs many perturbations, but neither "
            "replicates nor controls. It takes most perturbations to leave a target alone; "
            "effects are total effects along whatever path, and there is no p-value. Good on "
            "DREAM4's knockout screens. Source: edgelab; the z-score of knockout screens."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "interventional_z"),
    )
)
METHODS.register("robust_precision")(
    Method(
        label="robust precision",
        description=(
            "The direct association of source and target (all other functions held fixed, only "
            "samples in which nothing acts on the target), times the effect of perturbing the "
            "source on the target, times the reach of the source. It takes amounts or "
            "log-transformed values, with or without interventions; with them it also tells "
            "direction. The best baseline on DREAM4's knockout screens. Source: the idea of "
            "PORTIA, Passemiers et al. (2022), with formulas of edgelab's own."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "robust_precision"),
    )
)
METHODS.register("genie3")(
    Method(
        label="GENIE3",
        description=(
            "How much the source contributes to a random forest that predicts the target from all "
            "other functions. It sees relations that are neither linear nor additive and needs no "
            "interventions, but tens of samples, better hundreds. Direction is a by-product and "
            "weak, and common causes are mistaken for edges. A yardstick of the field for "
            "expression data. Source: Huynh-Thu et al. (2010); extremely randomised trees of "
            "scikit-learn."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "genie3"),
    )
)
METHODS.register("grnboost")(
    Method(
        label="GRNBoost",
        description=(
            "As GENIE3, with many small trees that are fitted one after the other to what the "
            "earlier ones leave over (gradient boosting). It needs and mistakes the same. "
            "Source: the idea of GRNBoost2, Moerman et al. (2019); boosting of scikit-learn."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "grnboost"),
    )
)
METHODS.register("out_degree")(
    Method(
        label="source out-degree",
        description=(
            "How many known edges leave the source, whatever the target; no measurement is looked "
            "at. Well-studied regulators have many known edges, so that this finds hidden edges "
            "well without knowing anything of the cell: a method that does not beat it has learnt "
            "nothing from the data."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "out_degree"),
    )
)
METHODS.register("preferential_attachment")(
    Method(
        label="pref. attachment",
        description=(
            "The number of known edges that leave the source times the number that enter the "
            "target; no measurement is looked at. It repeats where people have looked so far: a "
            "yardstick for hidden edges, not a reason to believe a new one. Source: Barabasi and "
            "Albert (1999)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "preferential_attachment"),
    )
)
METHODS.register("neighbourhood")(
    Method(
        label="neighbourhood",
        description=(
            "How much the source is like the known regulators of the target, and the target like "
            "the known targets of the source; alike are those that share targets or regulators. "
            "No measurement is looked at. It needs a known network in which functions have "
            "several edges, and finds edges that complete its modules. Source: neighbourhood "
            "methods of collaborative filtering; Jaccard (1901)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "neighbourhood"),
    )
)
METHODS.register("adamic_adar")(
    Method(
        label="Adamic-Adar",
        description=(
            "How many neighbours source and target have in common in the known network, those "
            "with few neighbours of their own counting more. No measurement is looked at, and no "
            "direction is known. A yardstick for hidden edges in networks with many triangles. "
            "Source: Adamic and Adar (2003)."
        ),
        is_baseline=True,
        table=partial(_from_baseline, "adamic_adar"),
    )
)
METHODS.register("random")(
    Method(
        label="random",
        description=(
            "A number drawn for every pair from its names and the seed: chance, drawn anew for "
            "every hold-out. It shows how good a ranking looks that knows nothing; never trust "
            "it."
        ),
        is_baseline=True,
        table=_from_chance,
    )
)
