"""Steps that commands are made of: read the data, rank, print, write.

They load torch, pandas and matplotlib, so a command imports them in its body.
"""

from ._benchmark import show_benchmark as show_benchmark
from ._benchmark import write_benchmark as write_benchmark
from ._calibration import CALIBRATION_FILES as CALIBRATION_FILES
from ._calibration import show_calibration as show_calibration
from ._calibration import write_calibration as write_calibration
from ._dataset import chosen_dataset as chosen_dataset
from ._dataset import describe as describe
from ._evaluation import note_if_cut as note_if_cut
from ._evaluation import show_metrics as show_metrics
from ._files import show_files as show_files
from ._methods import describe_methods as describe_methods
from ._methods import list_methods as list_methods
from ._model import with_training as with_training
from ._perturbation import PERTURBATION_FILES as PERTURBATION_FILES
from ._perturbation import show_perturbation as show_perturbation
from ._perturbation import write_perturbation as write_perturbation
from ._ranking import RANKING_FILES as RANKING_FILES
from ._ranking import Job as Job
from ._ranking import run_job as run_job
from ._refinement import REFINEMENT_FILES as REFINEMENT_FILES
from ._refinement import show_refinement as show_refinement
from ._refinement import write_refinement as write_refinement
from ._responses import report_conditions as report_conditions
from ._responses import report_double_knockouts as report_double_knockouts
from ._threads import use_threads as use_threads
