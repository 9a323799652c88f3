"""Perturbing a graph under a cost budget."""

from ._costs import read_costs as read_costs
from ._edge_matrix import EdgeMatrix as EdgeMatrix
from ._edge_matrix import as_matrix as as_matrix
from ._matrices import laplacian as laplacian
from ._matrices import prune_edges as prune_edges
from ._matrices import regularization_loss as regularization_loss
from ._matrix_outputs import to_networkx as to_networkx
from ._matrix_outputs import to_numpy as to_numpy
from ._matrix_outputs import to_scipy as to_scipy
from .dynamics import OdeSolution as OdeSolution
from .dynamics import OdeSolver as OdeSolver
from .dynamics import integrate_ode as integrate_ode
from .gradnet import DenseParameterization as DenseParameterization
from .gradnet import FitConfig as FitConfig
from .gradnet import FitResult as FitResult
from .gradnet import GradNet as GradNet
from .gradnet import GroupedParameterization as GroupedParameterization
from .gradnet import SparseParameterization as SparseParameterization
from .gradnet import fit as fit
from .gsnn import EdgeGoal as EdgeGoal
from .gsnn import EdgeLimits as EdgeLimits
from .gsnn import EdgeResponse as EdgeResponse
from .gsnn import EdgeScreen as EdgeScreen
from .gsnn import choose_changes as choose_changes
from .gsnn import edge_response as edge_response
from .gsnn import screen_edges as screen_edges
