"""The main jobs, from a data set to a ranked table: infer missing edges, and judge scorers on held-out ones."""

from .benchmark import Benchmark as Benchmark
from .benchmark import run_benchmark as run_benchmark
from .compare import Comparison as Comparison
from .compare import compare_methods as compare_methods
from .evidence import Evidence as Evidence
from .evidence import TrainedModel as TrainedModel
from .infer import Inference as Inference
from .infer import infer_edges as infer_edges
from .load import load_dataset as load_dataset
from .methods import METHODS as METHODS
from .methods import Method as Method
from .settings import ModelSettings as ModelSettings
