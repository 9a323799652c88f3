"""Refining a graph with its data: dynamic sparse training whose unit is an edge."""

from ._allowed import AllowedEdges as AllowedEdges
from ._allowed import Pairs as Pairs
from ._allowed import allowed_edges as allowed_edges
from ._allowed import erdos_renyi_edges as erdos_renyi_edges
from ._edge_gradient import EdgeGradient as EdgeGradient
from ._graph_sparsity import GraphSparsity as GraphSparsity
from ._growth import GROWTHS as GROWTHS
from ._growth import Growth as Growth
from ._growth import Situation as Situation
from ._growth import by_scorer as by_scorer
from ._growth import growth_by as growth_by
from ._result import CHANGES as CHANGES
from ._result import Refinement as Refinement
from ._settings import RefineSettings as RefineSettings
from ._settings import refinement_model as refinement_model
from ._support import edge_support as edge_support
