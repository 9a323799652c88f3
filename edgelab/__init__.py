"""Which regulatory edges is a network missing, how sure can one be, and would it matter?

The main job is two calls: `infer_edges(dataset)` ranks the edges that a prior network may be
missing, and `compare_methods(dataset)` says how well each way of ranking recovers edges that are
known. Everything they are made of is in the sub-packages: `graphs`, `datasets`, `tasks`, `models`,
`training`, `inference`, `evaluation`, `report`.
"""

from edgelab._version import __version__ as __version__
from edgelab.benchmark import compare_methods as compare_methods
from edgelab.datasets import Dataset as Dataset
from edgelab.datasets import convergence as convergence
from edgelab.datasets import sachs as sachs
from edgelab.datasets import simulate as simulate
from edgelab.datasets.readers import load_dataset as load_dataset
from edgelab.evaluation import evaluate_against as evaluate_against
from edgelab.graphs import build_graph as build_graph
from edgelab.graphs import hold_out_edges as hold_out_edges
from edgelab.inference import MagnitudeEdgeInferer as MagnitudeEdgeInferer
from edgelab.inference import MagnitudeEdgeRegressor as MagnitudeEdgeRegressor
from edgelab.jobs import infer_edges as infer_edges
from edgelab.jobs import perturb_edges as perturb_edges
from edgelab.models import GSNN as GSNN
from edgelab.tasks import masked_task as masked_task
from edgelab.tasks import perturbation_task as perturbation_task
from edgelab.training import ModelSettings as ModelSettings
from edgelab.training import TrainingConfig as TrainingConfig
from edgelab.training import fit as fit
