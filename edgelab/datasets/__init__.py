"""Bundled measurements, simulated responses and the graphs they belong to."""

from .convergence import ConvergenceData as ConvergenceData
from .convergence import ConvergenceGraph as ConvergenceGraph
from .convergence import convergence as convergence
from .convergence import convergence_graph as convergence_graph
from .dataset import Dataset as Dataset
from .dream4 import is_dream4 as is_dream4
from .dream4 import read_dream4 as read_dream4
from .dream4 import read_dream4_duals as read_dream4_duals
from .dynamics import simulate_dynamics as simulate_dynamics
from .ecoli70 import ecoli70 as ecoli70
from .ecoli70 import ecoli70_network as ecoli70_network
from .gaussian_network import GaussianNetwork as GaussianNetwork
from .gaussian_network import screen_doses as screen_doses
from .gaussian_network import simulate_interventions as simulate_interventions
from .location import data_path as data_path
from .midas import is_cellnopt as is_cellnopt
from .midas import read_cellnopt as read_cellnopt
from .midas import read_midas as read_midas
from .midas_table import MidasTable as MidasTable
from .midas_table import read_midas_table as read_midas_table
from .sachs import sachs as sachs
from .sample_order import in_sample_order as in_sample_order
from .sample_order import take_samples as take_samples
from .scaling import standardise as standardise
from .simulate import simulate as simulate
