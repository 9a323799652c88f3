"""Growing networks: add the neurons that the data ask for, in closed form."""

from .solve import RELATIVE_CUT as RELATIVE_CUT
from .solve import Extension as Extension
from .solve import count_significant as count_significant
from .solve import extension as extension
from .solve import extension_decrease as extension_decrease
from .solve import first_order_decrease as first_order_decrease
from .solve import optimal_delta as optimal_delta
from .solve import projected_target as projected_target
from .solve import whitening as whitening
