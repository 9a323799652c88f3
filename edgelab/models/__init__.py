"""Graph structured neural networks: models whose wiring is a prior graph."""

from .capture import ActivationCache as ActivationCache
from .clamped import ClampedGSNN as ClampedGSNN
from .gsnn import GSNN as GSNN
from .initializers import INITIALIZERS as INITIALIZERS
from .norms import NORMS as NORMS
from .res_block import ResBlock as ResBlock
from .sparse_layers import EdgesToNodes as EdgesToNodes
from .sparse_layers import NodesToEdges as NodesToEdges
