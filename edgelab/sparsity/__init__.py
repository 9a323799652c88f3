"""Dynamic sparse training: keep a fixed share of any module's weights, and let training choose which.

`Masking` does it; the modes it knows are listed in registries and over plain functions of tensors, which can be used
by themselves.
"""

from .budgets import mean_magnitude as mean_magnitude
from .budgets import prune_rates as prune_rates
from .budgets import share_out as share_out
from .funcs.decay import DECAYS as DECAYS
from .funcs.decay import CosineDecay as CosineDecay
from .funcs.decay import Decay as Decay
from .funcs.decay import LinearDecay as LinearDecay
from .funcs.decay import MagnitudePruneDecay as MagnitudePruneDecay
from .funcs.grow import GROWERS as GROWERS
from .funcs.grow import abs_grad_growth as abs_grad_growth
from .funcs.grow import momentum_growth as momentum_growth
from .funcs.grow import no_growth as no_growth
from .funcs.grow import random_growth as random_growth
from .funcs.grow import struct_abs_grad_growth as struct_abs_grad_growth
from .funcs.init_scheme import INITIAL_PATTERNS as INITIAL_PATTERNS
from .funcs.init_scheme import erdos_renyi_init as erdos_renyi_init
from .funcs.init_scheme import get_erdos_renyi_dist as get_erdos_renyi_dist
from .funcs.init_scheme import lottery_ticket_init as lottery_ticket_init
from .funcs.init_scheme import random_init as random_init
from .funcs.init_scheme import resume_init as resume_init
from .funcs.init_scheme import struct_erdos_renyi_init as struct_erdos_renyi_init
from .funcs.init_scheme import struct_random_init as struct_random_init
from .funcs.prune import NETWORK_PRUNERS as NETWORK_PRUNERS
from .funcs.prune import PRUNERS as PRUNERS
from .funcs.prune import global_magnitude_prune as global_magnitude_prune
from .funcs.prune import magnitude_prune as magnitude_prune
from .funcs.prune import struct_magnitude_prune as struct_magnitude_prune
from .funcs.redistribute import REDISTRIBUTIONS as REDISTRIBUTIONS
from .funcs.redistribute import grad_redistribution as grad_redistribution
from .funcs.redistribute import momentum_redistribution as momentum_redistribution
from .funcs.redistribute import nonzero_redistribution as nonzero_redistribution
from .funcs.view import MaskingView as MaskingView
from .growing import grow_at_random as grow_at_random
from .growing import grow_kernels as grow_kernels
from .growing import grow_largest as grow_largest
from .layers import maskable_weights as maskable_weights
from .masking import Masking as Masking
from .patterns import erdos_renyi_densities as erdos_renyi_densities
from .patterns import random_kernel_patterns as random_kernel_patterns
from .patterns import random_patterns as random_patterns
from .pruning import prune_kernels as prune_kernels
from .pruning import prune_smallest as prune_smallest
from .pruning import prune_smallest_overall as prune_smallest_overall
from .rescaling import density_gain as density_gain
from .rescaling import rescale_for_mask as rescale_for_mask
from .schedules import cosine_rate as cosine_rate
from .schedules import cubic_sparsity as cubic_sparsity
from .schedules import linear_rate as linear_rate
from .selection import mark_largest as mark_largest
from .selection import mark_smallest as mark_smallest
from .signals import momentum_of as momentum_of
from .signals import reads as reads
from .statistics import LayerStats as LayerStats
from .statistics import count_active as count_active
