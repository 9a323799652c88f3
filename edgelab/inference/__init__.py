"""Scorers of candidate edges, one per file, and the shell that turns their scores into the edge table."""

from .correlation_inferer import CorrelationEdgeInferer as CorrelationEdgeInferer
from .edge_growth import EdgeGrowthScorer as EdgeGrowthScorer
from .files import load_table as load_table
from .files import save_table as save_table
from .files import write_full_table as write_full_table
from .input_output import InputEdgeInferer as InputEdgeInferer
from .input_output import OutputEdgeInferer as OutputEdgeInferer
from .magnitude import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from .pairs import PairSpace as PairSpace
from .protocol import EdgeScorer as EdgeScorer
from .protocol import RawScores as RawScores
from .regressor import MagnitudeEdgeRegressor as MagnitudeEdgeRegressor
from .regressor_callback import RegressorCallback as RegressorCallback
from .shell import edge_table as edge_table
