"""From raw scores to the one edge table."""

from ._columns import QFamily as QFamily
from ._files import load_table as load_table
from ._files import save_table as save_table
from ._files import write_full_table as write_full_table
from ._pairs import PairSpace as PairSpace
from ._protocol import EdgeScorer as EdgeScorer
from ._protocol import RawScores as RawScores
from ._protocol import ScoreBlock as ScoreBlock
from ._shell import edge_table as edge_table
