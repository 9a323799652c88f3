"""Responses to conditions that were never seen, predicted by networks and by simple rules."""

from ._copies import CopySettings as CopySettings
from ._double_knockouts import DUAL_LABELS as DUAL_LABELS
from ._double_knockouts import DoubleKnockoutPrediction as DoubleKnockoutPrediction
from ._double_knockouts import dual_settings as dual_settings
from ._double_knockouts import predict_double_knockouts as predict_double_knockouts
from ._ensemble import EnsembleSettings as EnsembleSettings
from ._prediction import ResponsePrediction as ResponsePrediction
from ._prediction import predict_responses as predict_responses
from ._predictors import PREDICTOR_LABELS as PREDICTOR_LABELS
