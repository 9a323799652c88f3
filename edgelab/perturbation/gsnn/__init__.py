"""Which edges of trained GSNNs to change so that a response changes as wanted."""

from ._edges import EdgeGoal as EdgeGoal
from ._edges import EdgeLimits as EdgeLimits
from ._edges import EdgeScreen as EdgeScreen
from ._edges import choose_changes as choose_changes
from ._edges import screen_edges as screen_edges
from ._response import EdgeResponse as EdgeResponse
from ._response import edge_response as edge_response
from ._table import changes_effects as changes_effects
from ._table import changes_table as changes_table
from ._table import ranked as ranked
from ._training import Pair as Pair
from ._training import train_for_edges as train_for_edges
