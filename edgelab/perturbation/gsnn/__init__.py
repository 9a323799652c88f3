"""Which edges of trained GSNNs to change so that a response changes as wanted."""

from ._edges import Pair as Pair
from ._edges import changeable_edges as changeable_edges
from ._edges import edge_limits as edge_limits
from ._edges import priced_edges as priced_edges
from ._goal import EdgeGoal as EdgeGoal
from ._limits import EdgeLimits as EdgeLimits
from ._response import EdgeResponse as EdgeResponse
from ._response import edge_response as edge_response
from ._response import samples_of as samples_of
from ._search import EdgeScreen as EdgeScreen
from ._search import choose_changes as choose_changes
from ._search import screen_edges as screen_edges
from ._table import changes_effects as changes_effects
from ._table import changes_table as changes_table
from ._table import ranked as ranked
from ._training import check_same_edges as check_same_edges
from ._training import train_for_edges as train_for_edges
from ._training import train_models as train_models
