import dataclasses
import json

import numpy as np
import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.training import OPTIMIZERS, TrainingConfig, choose_device


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("epochs", 0, "positive integer"),
        ("batch_size", -1, "positive integer"),
        ("batch_size", True, "positive integer"),
        ("lr", 0.0, "above 0"),
        ("lr", float("nan"), "above 0"),
        ("lr", float("inf"), "above 0"),
        ("weight_decay", -0.1, "at least 0"),
        ("momentum", 1.0, r"\[0, 1\)"),
        ("clip_norm", 0.0, "above 0"),
        ("schedule", "cosin", "close: 'cosine'"),
        ("schedule_patience", 0, "positive integer"),
        ("schedule_factor", 1.0, r"\(0, 1\)"),
        ("validation_fraction", 1.0, r"\[0, 1\)"),
        ("validation_fraction", float("nan"), r"\[0, 1\)"),
        ("patience", 0, "positive integer"),
        ("seed", -1, "from 0 to"),
        ("seed", 2**63, "2..63 - 1"),
        ("optimizer", "rmspop", "close: 'rmsprop'"),
        ("device", "gpu7", "torch knows no device 'gpu7'"),
        ("checkpoint_every", 0, "positive integer"),
    ],
)
def test_bad_values_are_refused_by_name(field, value, rule):
    with pytest.raises(ConfigError, match=rule):
        TrainingConfig(**{field: value})


def test_contradictions_are_refused():
    with pytest.raises(ConfigError, match="no meaning for optimizer 'adamw'"):
        TrainingConfig(momentum=0.9)
    with pytest.raises(ConfigError, match="validation_fraction is 0"):
        TrainingConfig(patience=3)
    with pytest.raises(TypeError):
        TrainingConfig(learning_rate=0.1)


def test_a_config_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().lr = 2.0


def test_only_settings_that_change_the_result_tell_runs_apart():
    same = [
        TrainingConfig(),
        TrainingConfig(progress=False, device="cpu", checkpoint_every=7, epochs=3),
    ]
    assert same[0].identity() == same[1].identity()
    assert TrainingConfig(seed=1).identity() != same[0].identity()
    assert (
        TrainingConfig(schedule="cosine", epochs=3).identity()
        != TrainingConfig(schedule="cosine").identity()
    )


def test_devices():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    TrainingConfig(
        device="cuda:99"
    )  # may be written down anywhere, must exist only where it is used
    with pytest.raises(ConfigError, match="not on this machine"):
        choose_device("cuda:99")
    with pytest.raises(ConfigError, match="cannot be used on this machine"):
        choose_device("meta")


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_takes_the_same_arguments_and_uses_them(name):
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = OPTIMIZERS[name]([("w", parameter)], lr=0.1, weight_decay=0.5, momentum=0.0)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"], group["param_names"]) == (0.1, 0.5, ["w"])
    parameter.sum().backward()
    optimizer.step()
    assert (parameter < 1).all()


def test_numbers_of_numpy_can_be_stored(wrong_types):
    config = TrainingConfig(seed=np.int64(3), batch_size=np.int64(4))
    assert (
        json.loads(json.dumps(config.identity())) == TrainingConfig(seed=3, batch_size=4).identity()
    )
