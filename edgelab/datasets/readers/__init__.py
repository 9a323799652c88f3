"""Data sets from files and folders: every file here registers a reader of one form."""

from ._cellnopt import is_cellnopt as is_cellnopt
from ._cellnopt import read_cellnopt as read_cellnopt
from ._cellnopt import read_midas as read_midas
from ._dream4 import is_dream4 as is_dream4
from ._dream4 import read_dream4 as read_dream4
from ._dream4 import read_dream4_duals as read_dream4_duals
from ._midas_table import MidasTable as MidasTable
from ._midas_table import read_midas_table as read_midas_table
from ._open import open_dataset as open_dataset
from ._registry import READERS as READERS
from ._registry import Reader as Reader
from ._tables import load_dataset as load_dataset
