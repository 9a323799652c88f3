"""What was done to each sample and what followed: settings, controls, halves, effects of
interventions.
"""

from ._effects import intervention_effects as intervention_effects
from ._halves import is_split_by_dose as is_split_by_dose
from ._halves import sample_halves as sample_halves
from ._responses import function_responses as function_responses
from ._settings import Comparison as Comparison
from ._settings import comparisons as comparisons
from ._settings import control_rows as control_rows
from ._settings import distinct_settings as distinct_settings
from ._settings import inputs_of_functions as inputs_of_functions
