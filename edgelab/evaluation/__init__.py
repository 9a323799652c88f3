"""How good a ranking of edges is: metrics on arrays and on edge tables, never on a model."""

from .false_discovery import bh_qvalues as bh_qvalues
from .false_discovery import bh_qvalues_within as bh_qvalues_within
