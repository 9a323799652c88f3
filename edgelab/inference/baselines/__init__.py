"""Simple scorers that look at the data or the graph only: what any model has to beat.

`BASELINES.names()` lists them; `BASELINES[name](task)` is a scorer.
"""

from ._correlation import pearson as pearson
from ._correlation import spearman as spearman
from ._degree import out_degree as out_degree
from ._intervention_shift import ks_shift as ks_shift
from ._intervention_shift import z_shift as z_shift
from ._interventional_z import interventional_z as interventional_z
from ._partial_correlation import partial_correlation as partial_correlation
from ._random_scores import random_scores as random_scores
from ._robust_precision import robust_precision as robust_precision
from ._scorer import BASELINES as BASELINES
from ._scorer import BaselineScorer as BaselineScorer
from ._topology import adamic_adar as adamic_adar
from ._topology import neighbourhood as neighbourhood
from ._topology import preferential_attachment as preferential_attachment
from ._tree_ensembles import genie3 as genie3
from ._tree_ensembles import grnboost as grnboost
