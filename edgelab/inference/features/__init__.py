"""Evidence about pairs, each described as if it were not known whether it is an edge."""

from .association import association_features as association_features
from .association import score_matrix as score_matrix
from .effects import effect_features as effect_features
from .effects import over_screens as over_screens
from .given_regulators import given_regulators_features as given_regulators_features
from .pair_features import PairFeatures as PairFeatures
from .pair_features import pair_features as pair_features
from .topology import topology_features as topology_features
