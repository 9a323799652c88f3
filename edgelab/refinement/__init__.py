"""Refining a graph with its data: dynamic sparse training whose unit is an edge."""

from .allowed import AllowedEdges as AllowedEdges
from .allowed import allowed_edges as allowed_edges
from .allowed import erdos_renyi_edges as erdos_renyi_edges
from .edge_gradient import EdgeGradient as EdgeGradient
from .graph_sparsity import GraphSparsity as GraphSparsity
from .growth import GROWTHS as GROWTHS
from .growth import Growth as Growth
from .growth import Situation as Situation
from .growth import by_scorer as by_scorer
from .result import CHANGES as CHANGES
from .result import Refinement as Refinement
from .rewire import take_weights as take_weights
from .rewire import with_function_edges as with_function_edges
from .settings import RefineSettings as RefineSettings
from .support import edge_support as edge_support
