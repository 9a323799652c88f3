"""Data sets that travel with edgelab."""

from ._ecoli70 import ecoli70 as ecoli70
from ._ecoli70 import ecoli70_network as ecoli70_network
from ._location import data_path as data_path
from ._registry import BUNDLED as BUNDLED
from ._sachs import sachs as sachs
