"""Pure tensor mathematics shared by everything above: sparse products, streaming moments, segment sums."""

from .batch import Batch as Batch
from .edge_products import edges_to_nodes as edges_to_nodes
from .edge_products import nodes_to_edges as nodes_to_edges
from .grouped import outer as outer
from .incidence import Incidence as Incidence
from .magnitude import MAGNITUDES as MAGNITUDES
from .moments import PairedMoments as PairedMoments
from .pair_statistics import PairStatistics as PairStatistics
from .slots import NodeGroup as NodeGroup
from .slots import SlotLayout as SlotLayout
from .slots import slot_layout as slot_layout
from .sparse_matmul import edge_dots as edge_dots
from .sparse_matmul import sparse_matmul as sparse_matmul
from .sparse_matrix import sparse_matrix as sparse_matrix
from .sparse_pattern import SparsePattern as SparsePattern
from .wiring import EdgeWiring as EdgeWiring
