"""Simple scorers that look at the data or the graph only: what any model has to beat.

`BASELINES.names()` lists them; `BASELINES[name](task)` is a scorer.
"""

from .correlation import pearson as pearson
from .correlation import spearman as spearman
from .degree import out_degree as out_degree
from .genie3 import genie3 as genie3
from .grnboost import grnboost as grnboost
from .intervention_shift import ks_shift as ks_shift
from .intervention_shift import z_shift as z_shift
from .interventional_z import interventional_z as interventional_z
from .interventions import Comparison as Comparison
from .interventions import comparisons as comparisons
from .interventions import control_rows as control_rows
from .partial_correlation import partial_correlation as partial_correlation
from .random_scores import random_scores as random_scores
from .responses import function_responses as function_responses
from .robust_precision import robust_precision as robust_precision
from .scorer import BASELINES as BASELINES
from .scorer import BaselineScorer as BaselineScorer
from .topology import adamic_adar as adamic_adar
from .topology import neighbourhood as neighbourhood
from .topology import preferential_attachment as preferential_attachment
