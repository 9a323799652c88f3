"""What a model is asked to learn from a data set: responses to interventions, or hidden measurements."""

from .build import graph_of as graph_of
from .build import intervention_task as intervention_task
from .build import masked_task as masked_task
from .build import perturbation_task as perturbation_task
from .clamping import DiscountClamped as DiscountClamped
from .corruption import Corruption as Corruption
from .corruption import HideMeasurements as HideMeasurements
from .corruption import hide as hide
from .measurements import add_measurement_inputs as add_measurement_inputs
from .measurements import measured_functions as measured_functions
from .task import Task as Task
