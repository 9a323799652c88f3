"""Responses to conditions that were never seen, predicted by networks and by simple rules."""

from ._double_knockouts import DUAL_LABELS as DUAL_LABELS
from ._double_knockouts import dual_settings as dual_settings
from ._double_knockouts import predict_double_knockouts as predict_double_knockouts
from ._prediction import PREDICTOR_LABELS as PREDICTOR_LABELS
from ._prediction import predict_responses as predict_responses
from ._predictors import EnsembleSettings as EnsembleSettings
