"""Ways to predict the response to a hidden condition: linear models, a forest, and GSNNs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from edgelab.registry import Registry
from edgelab.typing import Array, Bool, Float, Int

from ._conditions import Conditions
from ._ensemble import EnsembleSettings, predict_by_gsnns

# Strengths of the pull towards 0 among which ridge regression chooses by leaving samples out.
_PENALTIES = np.logspace(-2, 2, 9)
# As many as scikit-learn's own forests have.
_TREES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A way to predict each condition from the other folds."""

    # What tables and figures call it.
    label: str
    predict: Callable[[Conditions, EnsembleSettings], Float[Array, "conditions outputs"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """The mean prediction of several predictors."""

    label: str
    parts: tuple[str, ...]


def _fold_by_fold(
    make_model: Callable[[], BaseEstimator], conditions: Conditions, settings: EnsembleSettings
) -> Float[Array, "conditions outputs"]:
    predicted = np.empty_like(conditions.y)
    for fold in np.unique(conditions.fold):
        hidden = conditions.fold == fold
        for outputs in _measured_alike(conditions.count[~hidden]):
            predicted[np.ix_(hidden, outputs)] = _predict_outputs(
                make_model(), conditions, hidden, outputs
            )
    return predicted


def _measured_alike(count: Int[Array, "conditions outputs"]) -> list[Int[Array, " alike"]]:
    """Outputs with the same counts, which one model explains although some entries are missing."""
    _, group = np.unique(count, axis=1, return_inverse=True)
    group = group.ravel()
    return [np.flatnonzero(group == number) for number in range(group.max() + 1)]


def _predict_outputs(
    model: BaseEstimator,
    conditions: Conditions,
    hidden: Bool[Array, " conditions"],
    outputs: Int[Array, " alike"],
) -> Float[Array, "hidden alike"]:
    """Predict outputs that were measured alike from what is not hidden."""
    count = conditions.count[:, outputs[0]]
    known = ~hidden & (count > 0)
    if known.sum() < 2:  # nothing to learn from but the mean, which is 0
        return np.zeros((hidden.sum(), len(outputs)))
    y = conditions.y[np.ix_(known, outputs)]
    if len(outputs) == 1:
        y = y[:, 0]  # a forest warns of a single column
    model.fit(conditions.x[known], y, **_weights(model, count[known]))
    return model.predict(conditions.x[hidden]).reshape(-1, len(outputs))


def _weights(
    model: BaseEstimator, count: Int[Array, " conditions"]
) -> dict[str, Float[Array, " conditions"]]:
    # Means of more samples count more; a pipeline hands them on to the step that is named.
    name = "sample_weight"
    if isinstance(model, Pipeline):
        name = f"{model.steps[-1][0]}__{name}"
    return {name: count.astype(float)}


def _ridge() -> BaseEstimator:
    return RidgeCV(_PENALTIES)


def _ridge_with_pairs() -> BaseEstimator:
    return make_pipeline(
        PolynomialFeatures(2, interaction_only=True, include_bias=False), RidgeCV(_PENALTIES)
    )


def _forest() -> BaseEstimator:
    return RandomForestRegressor(_TREES, random_state=0)


# "gsnn" is the only one that looks at the network or the settings.
PREDICTORS: Registry[Predictor] = Registry("predictor")
PREDICTORS.register("ridge")(Predictor(label="ridge", predict=partial(_fold_by_fold, _ridge)))
PREDICTORS.register("ridge_pairs")(
    Predictor(label="ridge with pairs", predict=partial(_fold_by_fold, _ridge_with_pairs))
)
PREDICTORS.register("random_forest")(
    Predictor(label="random forest", predict=partial(_fold_by_fold, _forest))
)
PREDICTORS.register("gsnn")(Predictor(label="GSNN", predict=predict_by_gsnns))

# Where the network explains a part only, each of the two explains its own.
AVERAGES = {
    "gsnn_and_pairs": Average(
        label="GSNN and ridge with pairs, averaged", parts=("gsnn", "ridge_pairs")
    )
}

PREDICTOR_LABELS = {
    **{name: PREDICTORS[name].label for name in PREDICTORS},
    **{name: average.label for name, average in AVERAGES.items()},
}
"""What tables and figures call a predictor, by name."""
