"""Dynamic sparse training: keep a fixed share of any module's weights, and let training choose
which.

`Masking` does it; the modes it knows are listed in registries and over plain functions of tensors,
which can be used by themselves.
"""

from ._budgets import mean_magnitude as mean_magnitude
from ._budgets import prune_rates as prune_rates
from ._budgets import share_out as share_out
from ._growing import grow_at_random as grow_at_random
from ._growing import grow_kernels as grow_kernels
from ._growing import grow_largest as grow_largest
from ._layers import maskable_weights as maskable_weights
from ._masking import Masking as Masking
from ._patterns import erdos_renyi_densities as erdos_renyi_densities
from ._patterns import random_kernel_patterns as random_kernel_patterns
from ._patterns import random_pattern as random_pattern
from ._patterns import random_patterns as random_patterns
from ._pruning import prune_kernels as prune_kernels
from ._pruning import prune_smallest as prune_smallest
from ._pruning import prune_smallest_overall as prune_smallest_overall
from ._rescaling import density_gain as density_gain
from ._rescaling import rescale_for_mask as rescale_for_mask
from ._schedules import cosine_rate as cosine_rate
from ._schedules import cubic_sparsity as cubic_sparsity
from ._schedules import linear_rate as linear_rate
from ._selection import mark_largest as mark_largest
from ._selection import mark_smallest as mark_smallest
from ._signals import momentum_of as momentum_of
from ._signals import reads as reads
from ._statistics import LayerStats as LayerStats
from ._statistics import count_active as count_active
from .funcs import DECAYS as DECAYS
from .funcs import GROWERS as GROWERS
from .funcs import INITIAL_PATTERNS as INITIAL_PATTERNS
from .funcs import NETWORK_PRUNERS as NETWORK_PRUNERS
from .funcs import PRUNERS as PRUNERS
from .funcs import REDISTRIBUTIONS as REDISTRIBUTIONS
from .funcs import CosineDecay as CosineDecay
from .funcs import Decay as Decay
from .funcs import LinearDecay as LinearDecay
from .funcs import MagnitudePruneDecay as MagnitudePruneDecay
from .funcs import MaskingView as MaskingView
from .funcs import abs_grad_growth as abs_grad_growth
from .funcs import erdos_renyi_init as erdos_renyi_init
from .funcs import get_erdos_renyi_dist as get_erdos_renyi_dist
from .funcs import global_magnitude_prune as global_magnitude_prune
from .funcs import grad_redistribution as grad_redistribution
from .funcs import lottery_ticket_init as lottery_ticket_init
from .funcs import magnitude_prune as magnitude_prune
from .funcs import momentum_growth as momentum_growth
from .funcs import momentum_redistribution as momentum_redistribution
from .funcs import no_growth as no_growth
from .funcs import nonzero_redistribution as nonzero_redistribution
from .funcs import random_growth as random_growth
from .funcs import random_init as random_init
from .funcs import resume_init as resume_init
from .funcs import struct_abs_grad_growth as struct_abs_grad_growth
from .funcs import struct_erdos_renyi_init as struct_erdos_renyi_init
from .funcs import struct_magnitude_prune as struct_magnitude_prune
from .funcs import struct_random_init as struct_random_init
