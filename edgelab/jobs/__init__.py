"""The main jobs, from a data set to a ranked table: infer missing edges, and judge scorers on held-out ones."""

from .benchmark import Benchmark as Benchmark
from .benchmark import run_benchmark as run_benchmark
from .calibration import Calibration as Calibration
from .calibration import calibrate as calibrate
from .compare import Comparison as Comparison
from .compare import compare_methods as compare_methods
from .evidence import Evidence as Evidence
from .evidence import TrainedModel as TrainedModel
from .infer import Inference as Inference
from .infer import infer_edges as infer_edges
from .load import load_dataset as load_dataset
from .methods import METHODS as METHODS
from .methods import Method as Method
from .perturb import Perturbation as Perturbation
from .perturb import PerturbSettings as PerturbSettings
from .perturb import perturb_edges as perturb_edges
from .planted import Planting as Planting
from .planted import plant_edges as plant_edges
from .q_values import QSettings as QSettings
from .q_values import with_q_values as with_q_values
from .refine import refine_edges as refine_edges
from .refine import refinement_model as refinement_model
from .response import predict_responses as predict_responses
from .response_duals import predict_double_knockouts as predict_double_knockouts
from .settings import ModelSettings as ModelSettings
