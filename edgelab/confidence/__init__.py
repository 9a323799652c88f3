"""How sure a ranking is: split-half evidence, q-values, planted edges, calibration."""

from ._aggregation import aggregated_q_values as aggregated_q_values
from ._calibration import Calibration as Calibration
from ._calibration import calibrate as calibrate
from ._estimands import ESTIMANDS as ESTIMANDS
from ._estimands import true_pairs as true_pairs
from ._level_check import LevelCheck as LevelCheck
from ._level_check import check_levels as check_levels
from ._mirror import competition_q_values as competition_q_values
from ._mirror import mirror_statistics as mirror_statistics
from ._planting import KEPT as KEPT
from ._planting import PlantedData as PlantedData
from ._planting import Planting as Planting
from ._planting import can_plant as can_plant
from ._planting import plant_edges as plant_edges
from ._q_settings import WAYS as WAYS
from ._q_settings import QSettings as QSettings
from ._q_values import add_q_values as add_q_values
from ._q_values import pair_q_values as pair_q_values
from ._q_values import with_q_values as with_q_values
from ._realised import LEVELS as LEVELS
from ._realised import realised_proportions as realised_proportions
from ._split_evidence import SplitEvidence as SplitEvidence
from ._stability import selection_frequency as selection_frequency
from ._stability import stability_bound as stability_bound
