"""Growing a GSNN: channels where the gradient asks for them, and how much a new edge could do."""

from ._edge_gains import EdgeMoments as EdgeMoments
from ._edge_gains import edge_gains as edge_gains
from ._edge_gains import edge_moments as edge_moments
from ._edge_gains import entering_slots as entering_slots
from ._growth import GrowthReport as GrowthReport
from ._growth import grow_gsnn as grow_gsnn
from ._growth import growth_table as growth_table
from ._growth import mean_loss as mean_loss
from ._growth import propose_channels as propose_channels
