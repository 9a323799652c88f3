"""Bundled measurements, simulated responses and the graphs they belong to."""

from ._dataset import Dataset as Dataset
from ._ecoli70 import ecoli70 as ecoli70
from ._ecoli70 import ecoli70_network as ecoli70_network
from ._location import data_path as data_path
from ._sachs import sachs as sachs
from ._sample_order import in_sample_order as in_sample_order
from ._sample_order import take_samples as take_samples
from ._scaling import standardise as standardise
from .readers import MidasTable as MidasTable
from .readers import is_cellnopt as is_cellnopt
from .readers import is_dream4 as is_dream4
from .readers import read_cellnopt as read_cellnopt
from .readers import read_dream4 as read_dream4
from .readers import read_dream4_duals as read_dream4_duals
from .readers import read_midas as read_midas
from .readers import read_midas_table as read_midas_table
from .simulation import ConvergenceData as ConvergenceData
from .simulation import ConvergenceGraph as ConvergenceGraph
from .simulation import GaussianNetwork as GaussianNetwork
from .simulation import convergence as convergence
from .simulation import convergence_graph as convergence_graph
from .simulation import screen_doses as screen_doses
from .simulation import simulate as simulate
from .simulation import simulate_dynamics as simulate_dynamics
from .simulation import simulate_interventions as simulate_interventions
