"""Interventions that fix a function."""

import torch

from edgelab.datasets import sachs
from edgelab.tasks import intervention_task


def test_only_readouts_of_perturbed_functions_lose_weight():
    task = intervention_task(sachs())
    weight = task.batch().weight
    names, outputs = task.data["input"].node_names, task.data["output"].node_names
    pkc = task.x[:, names.index("G06976")] == 1
    assert (weight[pkc][:, outputs.index("PKC_level")] == 0).all()
    erk = weight[:, outputs.index("Erk_level")]
    assert torch.equal(erk, torch.ones_like(erk))


def test_responses_and_inputs_stay_as_they_are():
    task = intervention_task(sachs())
    batch = task.batch()
    assert torch.equal(batch.x, task.x)
    assert torch.equal(batch.y, task.y)
