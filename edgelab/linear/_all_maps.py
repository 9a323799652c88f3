"""Every linear map by name, for options such as `linear="OrthogonalLinear"`."""

from edgelab.registry import Registry

from ._base import LinearBase
from ._butterfly import ButterflyLinear
from ._discs import GershgorinLinear
from ._free import (
    BoundedNormLinear,
    IdentityInitLinear,
    IdentityLinear,
    Linear,
)
from ._l0 import L0Linear
from ._nonnegative import (
    LassoLinear,
    LassoLinearRELU,
    NonNegativeLinear,
    SplitLinear,
)
from ._null_space import TrivialNullSpaceLinear
from ._orthogonal import OrthogonalLinear
from ._schur import SchurDecompositionLinear
from ._spectral import SpectralLinear, SymmetricSpectralLinear
from ._stochastic import (
    LeftStochasticLinear,
    PerronFrobeniusLinear,
    RightStochasticLinear,
    StableSplitLinear,
)
from ._svd import SVDLinear, SVDLinearLearnBounds, SymmetricSVDLinear
from ._symmetry import (
    DampedSkewSymmetricLinear,
    PSDLinear,
    SkewSymmetricLinear,
    SymmetricLinear,
)
from ._symplectic import SymplecticLinear

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
