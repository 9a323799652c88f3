"""Scores read from a GSNN: activations against gradients."""

from ._correlation_inferer import CorrelationEdgeInferer as CorrelationEdgeInferer
from ._edge_growth import EdgeGrowthScorer as EdgeGrowthScorer
from ._edge_inferers import InputEdgeInferer as InputEdgeInferer
from ._edge_inferers import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from ._edge_inferers import OutputEdgeInferer as OutputEdgeInferer
from ._layer_correlations import CorrelationKind as CorrelationKind
from ._layer_correlations import CorrelationOptions as CorrelationOptions
from ._regressor import MagnitudeEdgeRegressor as MagnitudeEdgeRegressor
from ._regressor import RegressorCallback as RegressorCallback
