"""How sure a ranking is: split-half evidence, q-values, planted edges, calibration."""

from ._aggregation import aggregated_q_values as aggregated_q_values
from ._calibration import Calibration as Calibration
from ._calibration import believable_q_values as believable_q_values
from ._calibration import calibrate as calibrate
from ._mirror import competition_q_values as competition_q_values
from ._mirror import mirror_statistics as mirror_statistics
from ._planting import KEPT as KEPT
from ._planting import Planting as Planting
from ._planting import can_plant as can_plant
from ._planting import plant_edges as plant_edges
from ._q_values import WAYS as WAYS
from ._q_values import QSettings as QSettings
from ._q_values import pair_verdicts as pair_verdicts
from ._q_values import with_q_values as with_q_values
from ._realised import LEVELS as LEVELS
from ._realised import LevelCheck as LevelCheck
from ._realised import check_levels as check_levels
from ._realised import realised_proportions as realised_proportions
from ._realised import true_pairs as true_pairs
from ._stability import selection_frequency as selection_frequency
from ._stability import stability_bound as stability_bound
