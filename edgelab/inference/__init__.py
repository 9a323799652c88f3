"""Scorers of candidate edges, and the edge table that is made of their scores."""

from .gsnn import CorrelationEdgeInferer as CorrelationEdgeInferer
from .gsnn import EdgeGrowthScorer as EdgeGrowthScorer
from .gsnn import InputEdgeInferer as InputEdgeInferer
from .gsnn import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from .gsnn import MagnitudeEdgeRegressor as MagnitudeEdgeRegressor
from .gsnn import OutputEdgeInferer as OutputEdgeInferer
from .gsnn import RegressorCallback as RegressorCallback
from .table import EdgeScorer as EdgeScorer
from .table import PairSpace as PairSpace
from .table import RawScores as RawScores
from .table import edge_table as edge_table
from .table import load_table as load_table
from .table import save_table as save_table
from .table import write_full_table as write_full_table
