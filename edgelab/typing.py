"""Shapes as types: one glossary of axis names for the whole library.

Axis names used in annotations, always whole words:

    batch       samples in one mini-batch
    samples     rows of a whole data set
    inputs      input nodes
    outputs     output nodes
    nodes       function nodes
    edges       edges of the graph, in the order of `model.edges`
    channels    hidden channels of a function node
    layers      residual blocks of a GSNN
    pairs       ordered pairs of functions; beside sources and targets: adjacent layers (l, l + 1)
    candidates  pairs of functions absent from the graph
    conditions  distinct rows of x, each with its samples
    features    numbers that describe a pair
    sources     nodes an edge may start from
    targets     nodes an edge may end in
    rows        rows of an edge table
    tests       p-values that are corrected together

`Float[Tensor, "batch nodes"]` is checked at run time under pytest only; elsewhere it costs nothing.
"""

from jaxtyping import Bool as Bool
from jaxtyping import Float as Float
from jaxtyping import Int as Int
from jaxtyping import Num as Num
from jaxtyping import UInt64 as UInt64
from numpy import ndarray as Array
from torch import Tensor as Tensor

__all__ = ["Array", "Bool", "Float", "Int", "Num", "Tensor", "UInt64"]
