"""Bundled measurements, simulated responses and the graphs they belong to."""

from .convergence import ConvergenceData as ConvergenceData
from .convergence import ConvergenceGraph as ConvergenceGraph
from .convergence import convergence as convergence
from .convergence import convergence_graph as convergence_graph
from .dataset import Dataset as Dataset
from .dynamics import simulate_dynamics as simulate_dynamics
from .location import data_path as data_path
from .sachs import sachs as sachs
from .scaling import standardise as standardise
from .simulate import simulate as simulate
