"""Scores read from a GSNN: activations against gradients."""

from ._correlation_inferer import CorrelationEdgeInferer as CorrelationEdgeInferer
from ._correlation_scores import CorrelationKind as CorrelationKind
from ._correlation_scores import CorrelationOptions as CorrelationOptions
from ._edge_growth import EdgeGrowthScorer as EdgeGrowthScorer
from ._input_output import InputEdgeInferer as InputEdgeInferer
from ._input_output import OutputEdgeInferer as OutputEdgeInferer
from ._magnitude import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from ._regressor import MagnitudeEdgeRegressor as MagnitudeEdgeRegressor
from ._regressor_callback import RegressorCallback as RegressorCallback
