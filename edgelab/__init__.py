"""Which regulatory edges is a network missing, how sure can one be, and would it matter?

The main job is two calls: `infer_edges(dataset)` ranks the edges that a prior network may be
missing, and `compare_methods(dataset)` says how well each way of ranking recovers edges that are
known. Everything they are made of is in the sub-packages: `graphs`, `datasets`, `tasks`, `models`,
`training`, `inference`, `evaluation`, `report`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from edgelab._version import __version__ as __version__

# Names are loaded on first use, so that `import edgelab` does not wait for torch and pandas. Type
# checkers and editors read the imports, Python reads the table; a test holds them together.
_ROOM_OF = {
    "Dataset": "datasets",
    "GSNN": "models",
    "MagnitudeEdgeInferer": "inference",
    "MagnitudeEdgeRegressor": "inference",
    "ModelSettings": "training",
    "TrainingConfig": "training",
    "build_graph": "graphs",
    "compare_methods": "benchmark",
    "convergence": "datasets",
    "evaluate_against": "evaluation",
    "fit": "training",
    "hold_out_edges": "graphs",
    "infer_edges": "jobs",
    "load_dataset": "datasets",
    "masked_task": "tasks",
    "perturb_edges": "jobs",
    "perturbation_task": "tasks",
    "sachs": "datasets",
    "simulate": "datasets",
}

# Sub-packages and modules that need no import of their own: `edgelab.report` is enough.
_ROOMS = frozenset(
    {
        *("benchmark", "confidence", "datasets", "evaluation", "graphs", "growth", "inference"),
        *("jobs", "linear", "methods", "models", "ops", "perturbation", "refinement", "report"),
        *("responses", "screens", "sparsity", "tasks", "training"),
        *("atomic", "checks", "errors", "naming", "plain_json", "progress", "provenance"),
        *("registry", "seeds", "table", "typing"),
    }
)

if TYPE_CHECKING:
    from edgelab.benchmark import compare_methods as compare_methods
    from edgelab.datasets import Dataset as Dataset
    from edgelab.datasets import convergence as convergence
    from edgelab.datasets import load_dataset as load_dataset
    from edgelab.datasets import sachs as sachs
    from edgelab.datasets import simulate as simulate
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
else:
    # Hidden from type checkers, for which it would make every misspelt name a valid one.
    def __getattr__(name: str) -> object:
        if name in _ROOM_OF:
            value = getattr(import_module(f"edgelab.{_ROOM_OF[name]}"), name)
            globals()[name] = value
            return value
        if name in _ROOMS:
            return import_module(f"edgelab.{name}")
        raise AttributeError(f"module 'edgelab' has no attribute {name!r}", name=name)


__all__ = ["__version__", *_ROOM_OF]


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
