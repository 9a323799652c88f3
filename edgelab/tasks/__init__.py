"""What a model is asked to learn: responses to interventions, or hidden measurements."""

from ._clamping import DiscountClamped as DiscountClamped
from ._corruption import Corruption as Corruption
from ._corruption import HideMeasurements as HideMeasurements
from ._corruption import hide as hide
from ._kinds import graph_of as graph_of
from ._kinds import intervention_task as intervention_task
from ._kinds import masked_task as masked_task
from ._kinds import perturbation_task as perturbation_task
from ._measurements import add_measurement_inputs as add_measurement_inputs
from ._measurements import measured_functions as measured_functions
from ._task import Task as Task
