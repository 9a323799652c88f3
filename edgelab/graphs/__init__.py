"""Graphs in and out: tables to validated `HeteroData`, files, held-out splits, networkx."""

from .build import build_graph as build_graph
from .edge_tables import Edges as Edges
from .layout import EDGE_TYPES as EDGE_TYPES
from .layout import FUNCTION_EDGES as FUNCTION_EDGES
from .layout import INPUT_EDGES as INPUT_EDGES
from .layout import NODE_TYPES as NODE_TYPES
from .layout import OUTPUT_EDGES as OUTPUT_EDGES
from .layout import EdgeType as EdgeType
from .layout import edges_of as edges_of
from .layout import function_adjacency as function_adjacency
from .layout import function_names as function_names
from .layout import prior_pairs as prior_pairs
from .split import EdgeSplit as EdgeSplit
from .split import hold_out_edges as hold_out_edges
from .split import split_edges as split_edges
