"""The project's one training loop, its callbacks and its checkpoints."""

from .batches import iterate_batches as iterate_batches
from .batches import split_rows as split_rows
from .callbacks import Callback as Callback
from .callbacks import Hooks as Hooks
from .callbacks import StartInfo as StartInfo
from .callbacks import StepInfo as StepInfo
from .config import TrainingConfig as TrainingConfig
from .config import choose_device as choose_device
from .fit import evaluate_loss as evaluate_loss
from .fit import fit as fit
from .history import EpochRecord as EpochRecord
from .history import History as History
from .loop import train as train
from .losses import CRITERIA as CRITERIA
from .losses import Criterion as Criterion
from .losses import LossSum as LossSum
from .losses import batch_loss as batch_loss
from .losses import choose_criterion as choose_criterion
from .objective import Objective as Objective
from .optimizers import OPTIMIZERS as OPTIMIZERS
from .schedules import SCHEDULES as SCHEDULES
from .sparse import SparseTraining as SparseTraining
from .steps import StepsResult as StepsResult
from .steps import run_steps as run_steps
from .storage import load_model as load_model
from .storage import save_model as save_model
