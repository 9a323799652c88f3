"""Graphs in and out: tables to validated `HeteroData`, files, held-out splits, networkx."""

from ._build import build_graph as build_graph
from ._edge_files import read_edges as read_edges
from ._edge_tables import Edges as Edges
from ._edge_tables import check_edges as check_edges
from ._edge_tables import edges_in_natural_order as edges_in_natural_order
from ._layout import EDGE_TYPES as EDGE_TYPES
from ._layout import FUNCTION_EDGES as FUNCTION_EDGES
from ._layout import INPUT_EDGES as INPUT_EDGES
from ._layout import NODE_TYPES as NODE_TYPES
from ._layout import OUTPUT_EDGES as OUTPUT_EDGES
from ._layout import EdgeType as EdgeType
from ._layout import edges_of as edges_of
from ._layout import function_adjacency as function_adjacency
from ._layout import function_names as function_names
from ._layout import prior_pairs as prior_pairs
from ._matrices import align_matrix as align_matrix
from ._matrices import check_matrix as check_matrix
from ._matrices import check_same_samples as check_same_samples
from ._matrix_files import read_matrix as read_matrix
from ._networkx import from_networkx as from_networkx
from ._networkx import to_networkx as to_networkx
from ._split import EdgeSplit as EdgeSplit
from ._split import hold_out_edges as hold_out_edges
from ._split import split_edges as split_edges
from ._summary import GraphSummary as GraphSummary
from ._summary import graph_summary as graph_summary
