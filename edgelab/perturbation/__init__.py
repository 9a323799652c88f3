"""Perturbing a graph under a cost budget."""

from .dense_parameterization import DenseParameterization as DenseParameterization
from .edge_matrix import EdgeMatrix as EdgeMatrix
from .edge_matrix import as_matrix as as_matrix
from .fit import FitConfig as FitConfig
from .fit import FitResult as FitResult
from .fit import fit as fit
from .gradnet import GradNet as GradNet
from .grouped_parameterization import GroupedParameterization as GroupedParameterization
from .gsnn_edges import EdgeGoal as EdgeGoal
from .gsnn_edges import EdgeLimits as EdgeLimits
from .gsnn_edges import EdgeScreen as EdgeScreen
from .gsnn_edges import choose_changes as choose_changes
from .gsnn_edges import screen_edges as screen_edges
from .gsnn_response import EdgeResponse as EdgeResponse
from .gsnn_response import edge_response as edge_response
from .matrices import laplacian as laplacian
from .matrices import regularization_loss as regularization_loss
from .matrices import to_networkx as to_networkx
from .matrices import to_numpy as to_numpy
from .matrices import to_scipy as to_scipy
from .ode import OdeSolution as OdeSolution
from .ode import OdeSolver as OdeSolver
from .ode import integrate_ode as integrate_ode
from .prune_edges import prune_edges as prune_edges
from .sparse_parameterization import SparseParameterization as SparseParameterization
