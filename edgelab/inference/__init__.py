"""Scorers of candidate edges, one per file, and the shell that turns their scores into the edge table."""

from .correlation_inferer import CorrelationEdgeInferer as CorrelationEdgeInferer
from .input_output import InputEdgeInferer as InputEdgeInferer
from .input_output import OutputEdgeInferer as OutputEdgeInferer
from .magnitude import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from .pairs import PairSpace as PairSpace
from .protocol import EdgeScorer as EdgeScorer
from .protocol import RawScores as RawScores
from .shell import edge_table as edge_table
