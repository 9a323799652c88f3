"""Every way to rank candidate edges, with its label and description."""

from ._catalogue import METHODS as METHODS
from ._evidence import Evidence as Evidence
from ._method import Method as Method
from ._trained_model import TrainedModel as TrainedModel
