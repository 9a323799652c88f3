"""Graph structured neural networks: models whose wiring is a prior graph."""

from ._capture import ActivationCache as ActivationCache
from ._clamped import ClampedGSNN as ClampedGSNN
from ._gsnn import GSNN as GSNN
from ._initializers import INITIALIZERS as INITIALIZERS
from ._norms import NORMS as NORMS
from ._norms import RunningNorm as RunningNorm
from ._res_block import ResBlock as ResBlock
from ._rewire import in_natural_order as in_natural_order
from ._rewire import take_weights as take_weights
from ._rewire import with_function_edges as with_function_edges
from ._signals import BlockSignals as BlockSignals
from ._signals import block_signals as block_signals
from ._signals import evaluation_mode as evaluation_mode
from ._signals import placed_batch as placed_batch
from ._sparse_layers import EdgesToNodes as EdgesToNodes
from ._sparse_layers import NodesToEdges as NodesToEdges
