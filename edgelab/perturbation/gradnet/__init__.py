"""A graph with a trainable change of its edges under a cost budget."""

from ._dense_parameterization import DenseParameterization as DenseParameterization
from ._fit import FitConfig as FitConfig
from ._fit import FitResult as FitResult
from ._fit import fit as fit
from ._gradnet import GradNet as GradNet
from ._grouped_parameterization import GroupedParameterization as GroupedParameterization
from ._projections import project_to_box as project_to_box
from ._sparse_parameterization import SparseParameterization as SparseParameterization
