"""Graphs in and out: tables to validated `HeteroData`, files, held-out splits, networkx."""

from .align import align_matrix as align_matrix
from .align import check_same_samples as check_same_samples
from .build import build_graph as build_graph
from .edge_files import read_edges as read_edges
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
from .matrices import read_matrix as read_matrix
from .networkx_graphs import from_networkx as from_networkx
from .networkx_graphs import to_networkx as to_networkx
from .split import EdgeSplit as EdgeSplit
from .split import hold_out_edges as hold_out_edges
from .split import split_edges as split_edges
from .summary import GraphSummary as GraphSummary
from .summary import graph_summary as graph_summary
