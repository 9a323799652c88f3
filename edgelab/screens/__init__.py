"""What was done to each sample and what followed: settings, controls, halves and effects.

Inputs are what an experimenter sets (0 is off); a *setting* is one row of input values, and samples
with the same setting are replicates; a *screen* is a set of settings with the same doses, such as
all single knockouts.
"""

from ._effects import intervention_effects as intervention_effects
from ._effects import mean_shifts as mean_shifts
from ._effects import standard_error as standard_error
from ._halves import is_split_by_dose as is_split_by_dose
from ._halves import sample_halves as sample_halves
from ._hits import hits as hits
from ._hits import inputs_of_functions as inputs_of_functions
from ._responses import function_responses as function_responses
from ._responses import function_signals as function_signals
from ._screen_effects import screen_effects as screen_effects
from ._screen_effects import sum_of_known as sum_of_known
from ._screen_effects import summed_effects as summed_effects
from ._settings import Comparison as Comparison
from ._settings import comparisons as comparisons
from ._settings import control_rows as control_rows
from ._settings import distinct_settings as distinct_settings
from ._settings import input_values as input_values
from ._settings import one_at_a_time as one_at_a_time
