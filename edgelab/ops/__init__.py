"""Pure tensor mathematics shared by everything above: sparse products, streaming moments, segment
sums.
"""

from ._batch import Batch as Batch
from ._columns import does_not_vary as does_not_vary
from ._columns import standardised as standardised
from ._columns import unit_columns as unit_columns
from ._criteria import CRITERIA as CRITERIA
from ._criteria import Criterion as Criterion
from ._criteria import choose_criterion as choose_criterion
from ._criteria import squared_error as squared_error
from ._edge_products import edges_to_nodes as edges_to_nodes
from ._edge_products import nodes_to_edges as nodes_to_edges
from ._fast_products import product_dtype as product_dtype
from ._fast_products import squared_error_and_slope as squared_error_and_slope
from ._grouped import outer as outer
from ._incidence import Incidence as Incidence
from ._magnitude import MAGNITUDES as MAGNITUDES
from ._magnitude import sum_magnitude as sum_magnitude
from ._moments import PairedMoments as PairedMoments
from ._pair_statistics import PairStatistics as PairStatistics
from ._slots import NodeGroup as NodeGroup
from ._slots import SlotLayout as SlotLayout
from ._slots import slot_layout as slot_layout
from ._sparse_matmul import edge_dots as edge_dots
from ._sparse_matmul import sparse_matmul as sparse_matmul
from ._sparse_matrix import sparse_matrix as sparse_matrix
from ._sparse_pattern import SparsePattern as SparsePattern
from ._summed_loss import LossSum as LossSum
from ._summed_loss import batch_loss as batch_loss
from ._summed_loss import summed as summed
from ._summed_loss import summed_loss as summed_loss
from ._wiring import EdgeWiring as EdgeWiring
from ._workers import one_thread as one_thread
from ._workers import processor_count as processor_count
from ._workers import spread as spread
from ._workers import threads_for as threads_for
from ._workers import threads_for_pass as threads_for_pass
