"""Figures: each function returns a matplotlib figure, and shows or writes nothing."""

from ._benchmark import plot_benchmark as plot_benchmark
from ._calibration import plot_calibration as plot_calibration
from ._candidates import plot_candidates as plot_candidates
from ._comparison import plot_comparison as plot_comparison
from ._perturbation import plot_perturbation as plot_perturbation
from ._recovery import plot_recovery as plot_recovery
from ._refinement import plot_refinement as plot_refinement
from ._score_matrix import plot_score_matrix as plot_score_matrix
from ._training import plot_training as plot_training
