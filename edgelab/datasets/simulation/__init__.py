"""Simulated data sets whose edges are known."""

from ._convergence import ConvergenceData as ConvergenceData
from ._convergence import ConvergenceGraph as ConvergenceGraph
from ._convergence import convergence as convergence
from ._convergence import convergence_graph as convergence_graph
from ._dynamics import simulate_dynamics as simulate_dynamics
from ._gaussian_network import GaussianNetwork as GaussianNetwork
from ._gaussian_network import screen_doses as screen_doses
from ._gaussian_network import simulate_interventions as simulate_interventions
from ._simulate import simulate as simulate
