"""What a person looks at: figures, networks for Cytoscape, tables as text, and the folder that holds them."""

from .candidate_figure import plot_candidates as plot_candidates
from .candidate_network import candidate_network as candidate_network
from .candidate_network import top_candidates as top_candidates
from .comparison_figure import plot_comparison as plot_comparison
from .comparison_table import METRIC_LABELS as METRIC_LABELS
from .comparison_table import comparison_table as comparison_table
from .comparison_table import comparison_verdict as comparison_verdict
from .comparison_table import format_comparison as format_comparison
from .comparison_table import to_markdown_table as to_markdown_table
from .network_files import SIF_WORDS as SIF_WORDS
from .network_files import write_graphml as write_graphml
from .network_files import write_sif as write_sif
from .plain_json import plain_json as plain_json
from .plain_json import write_json as write_json
from .provenance import environment as environment
from .provenance import file_hash as file_hash
from .provenance import frame_hash as frame_hash
from .recovery_figure import plot_recovery as plot_recovery
from .results_folder import ResultsFolder as ResultsFolder
from .score_matrix import plot_score_matrix as plot_score_matrix
from .training_figure import plot_training as plot_training
