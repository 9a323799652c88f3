"""Every way to rank candidate edges, with its label and description."""

from ._evidence import Evidence as Evidence
from ._evidence import TrainedModel as TrainedModel
from ._methods import METHODS as METHODS
from ._methods import Method as Method
