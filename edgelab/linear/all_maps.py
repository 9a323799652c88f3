"""Every linear map by name, for options such as `linear="OrthogonalLinear"`."""

from edgelab.linear.base import LinearBase
from edgelab.linear.butterfly_map import ButterflyLinear
from edgelab.linear.discs import GershgorinLinear
from edgelab.linear.free import BoundedNormLinear, IdentityInitLinear, IdentityLinear, Linear
from edgelab.linear.l0 import L0Linear
from edgelab.linear.nonnegative import LassoLinear, LassoLinearRELU, NonNegativeLinear, SplitLinear
from edgelab.linear.null_space import TrivialNullSpaceLinear
from edgelab.linear.orthogonal import OrthogonalLinear
from edgelab.linear.schur import SchurDecompositionLinear
from edgelab.linear.spectral import SpectralLinear, SymmetricSpectralLinear
from edgelab.linear.stochastic import (
    LeftStochasticLinear,
    PerronFrobeniusLinear,
    RightStochasticLinear,
    StableSplitLinear,
)
from edgelab.linear.svd import SVDLinear, SVDLinearLearnBounds, SymmetricSVDLinear
from edgelab.linear.symmetry import DampedSkewSymmetricLinear, PSDLinear, SkewSymmetricLinear, SymmetricLinear
from edgelab.linear.symplectic import SymplecticLinear
from edgelab.registry import Registry

maps: Registry[type[LinearBase]] = Registry("linear map")
"""Every concrete linear map, under the name of its class."""

for _linear_map in (
    Linear,
    IdentityInitLinear,
    IdentityLinear,
    BoundedNormLinear,
    NonNegativeLinear,
    LassoLinear,
    LassoLinearRELU,
    SplitLinear,
    StableSplitLinear,
    L0Linear,
    ButterflyLinear,
    RightStochasticLinear,
    LeftStochasticLinear,
    PerronFrobeniusLinear,
    SymmetricLinear,
    SkewSymmetricLinear,
    DampedSkewSymmetricLinear,
    PSDLinear,
    GershgorinLinear,
    OrthogonalLinear,
    SchurDecompositionLinear,
    SpectralLinear,
    SymmetricSpectralLinear,
    SVDLinear,
    SVDLinearLearnBounds,
    SymmetricSVDLinear,
    SymplecticLinear,
    TrivialNullSpaceLinear,
):
    maps.register(_linear_map.__name__)(_linear_map)
