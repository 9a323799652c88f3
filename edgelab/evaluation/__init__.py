"""How good a ranking of edges is: metrics on arrays and on edge tables, never on a model."""

from ._degree_matched import degree_matched_weights as degree_matched_weights
from ._degree_matched import evaluate_degree_matched as evaluate_degree_matched
from ._false_discovery import adjust_sorted as adjust_sorted
from ._false_discovery import bh_qvalues as bh_qvalues
from ._false_discovery import bh_qvalues_within as bh_qvalues_within
from ._leakage import check_split as check_split
from ._leakage import check_table as check_table
from ._named_edges import NamedEdges as NamedEdges
from ._named_edges import named_pairs as named_pairs
from ._pair_metrics import average_precision as average_precision
from ._pair_metrics import early_precision_ratio as early_precision_ratio
from ._pair_metrics import roc_auc as roc_auc
from ._pair_metrics import score_levels as score_levels
from ._paired import PairedDifference as PairedDifference
from ._paired import paired_difference as paired_difference
from ._paired import paired_differences as paired_differences
from ._ranks import Ranks as Ranks
from ._ranks import mean_reciprocal_rank as mean_reciprocal_rank
from ._ranks import ranks_within_target as ranks_within_target
from ._ranks import top_at_k as top_at_k
from ._recovery import evaluate_against as evaluate_against
from ._recovery import evaluate_target_ranking as evaluate_target_ranking
