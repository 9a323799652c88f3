"""What a person looks at: figures, networks for Cytoscape, tables as text, and the folder that
holds them.
"""

from ._benchmark_figure import plot_benchmark as plot_benchmark
from ._benchmark_table import BENCHMARK_LABELS as BENCHMARK_LABELS
from ._benchmark_table import benchmark_summary as benchmark_summary
from ._benchmark_table import format_benchmark as format_benchmark
from ._benchmark_table import format_differences as format_differences
from ._benchmark_table import format_stability as format_stability
from ._calibration_figure import plot_calibration as plot_calibration
from ._calibration_text import HEADING as HEADING
from ._calibration_text import calibration_rows as calibration_rows
from ._calibration_text import calibration_sentence as calibration_sentence
from ._candidate_figure import plot_candidates as plot_candidates
from ._candidate_network import candidate_network as candidate_network
from ._candidate_network import top_candidates as top_candidates
from ._comparison_figure import plot_comparison as plot_comparison
from ._comparison_table import METRIC_LABELS as METRIC_LABELS
from ._comparison_table import comparison_table as comparison_table
from ._comparison_table import comparison_verdict as comparison_verdict
from ._comparison_table import format_comparison as format_comparison
from ._comparison_table import to_markdown_table as to_markdown_table
from ._network_files import SIF_WORDS as SIF_WORDS
from ._network_files import write_graphml as write_graphml
from ._network_files import write_sif as write_sif
from ._perturbation_figure import plot_perturbation as plot_perturbation
from ._recovery_figure import plot_recovery as plot_recovery
from ._refinement_figure import plot_refinement as plot_refinement
from ._results_folder import ResultsFolder as ResultsFolder
from ._score_matrix import plot_score_matrix as plot_score_matrix
from ._training_figure import plot_training as plot_training
