"""From raw scores to the one edge table, in memory and on disk.

A scorer (`EdgeScorer`) knows its pairs (`PairSpace`) and gives `RawScores` for a range of targets;
`edge_table` adds names, existing edges, q-values and order.
"""

from ._columns import QFamily as QFamily
from ._edge_table import edge_table as edge_table
from ._files import load_table as load_table
from ._files import save_table as save_table
from ._files import write_full_table as write_full_table
from ._pairs import PairSpace as PairSpace
from ._scorer import EdgeScorer as EdgeScorer
from ._scorer import RawScores as RawScores
from ._scorer import ScoreBlock as ScoreBlock
