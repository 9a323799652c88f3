"""How good a ranking of edges is: metrics on arrays and on edge tables, never on a model."""

from .against import evaluate_against as evaluate_against
from .edge_sets import NamedEdges as NamedEdges
from .false_discovery import adjust_sorted as adjust_sorted
from .false_discovery import bh_qvalues as bh_qvalues
from .false_discovery import bh_qvalues_within as bh_qvalues_within
from .leakage import check_split as check_split
from .leakage import check_table as check_table
from .levels import score_levels as score_levels
from .negatives import degree_matched_weights as degree_matched_weights
from .negatives import evaluate_degree_matched as evaluate_degree_matched
from .paired import PairedDifference as PairedDifference
from .paired import paired_difference as paired_difference
from .paired import paired_differences as paired_differences
from .precision import average_precision as average_precision
from .precision import early_precision_ratio as early_precision_ratio
from .ranks import Ranks as Ranks
from .ranks import mean_reciprocal_rank as mean_reciprocal_rank
from .ranks import ranks_within_target as ranks_within_target
from .ranks import top_at_k as top_at_k
from .roc import roc_auc as roc_auc
from .target_ranking import evaluate_target_ranking as evaluate_target_ranking
