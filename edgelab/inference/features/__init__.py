"""Evidence about pairs, each described as if it were not known whether it is an edge."""

from ._association import association_features as association_features
from ._association import score_matrix as score_matrix
from ._effects import effect_features as effect_features
from ._effects import over_screens as over_screens
from ._given_regulators import given_regulators_features as given_regulators_features
from ._models import model_features as model_features
from ._pair_features import PairFeatures as PairFeatures
from ._pair_features import pair_features as pair_features
from ._topology import topology_features as topology_features
