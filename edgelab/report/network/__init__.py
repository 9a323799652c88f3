"""The prior network and its candidates: as a graph, as files, and as a picture."""

from ._candidates import candidate_network as candidate_network
from ._candidates import top_candidates as top_candidates
from ._drawing import draw_edge as draw_edge
from ._drawing import draw_names as draw_names
from ._drawing import network_canvas as network_canvas
from ._files import SIF_WORDS as SIF_WORDS
from ._files import write_graphml as write_graphml
from ._files import write_sif as write_sif
from ._layers import Pair as Pair
from ._plan import MAX_FUNCTIONS as MAX_FUNCTIONS
from ._plan import NetworkPlan as NetworkPlan
from ._plan import plan_network as plan_network
