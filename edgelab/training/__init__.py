"""The project's one training loop, its callbacks and its checkpoints."""

from edgelab.ops import CRITERIA as CRITERIA
from edgelab.ops import Criterion as Criterion
from edgelab.ops import LossSum as LossSum
from edgelab.ops import batch_loss as batch_loss
from edgelab.ops import choose_criterion as choose_criterion

from ._batches import iterate_batches as iterate_batches
from ._batches import split_rows as split_rows
from ._callbacks import Callback as Callback
from ._callbacks import Hooks as Hooks
from ._callbacks import StartInfo as StartInfo
from ._callbacks import StepInfo as StepInfo
from ._config import TrainingConfig as TrainingConfig
from ._config import choose_device as choose_device
from ._fit import evaluate_loss as evaluate_loss
from ._fit import fit as fit
from ._history import EpochRecord as EpochRecord
from ._history import History as History
from ._nested import FlatState as FlatState
from ._nested import flatten_state as flatten_state
from ._nested import unflatten_state as unflatten_state
from ._optimizers import OPTIMIZERS as OPTIMIZERS
from ._randomness import generator_for as generator_for
from ._randomness import seeded as seeded
from ._run import Objective as Objective
from ._run import train as train
from ._schedules import SCHEDULES as SCHEDULES
from ._settings import TASKS as TASKS
from ._settings import ModelSettings as ModelSettings
from ._sparse import SparseTraining as SparseTraining
from ._steps import StepsResult as StepsResult
from ._steps import run_steps as run_steps
from ._storage import load_model as load_model
from ._storage import save_model as save_model
