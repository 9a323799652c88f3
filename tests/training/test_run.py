import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, TrainingError
from edgelab.training import Callback, Hooks, Objective, TrainingConfig, train


class Direction(nn.Module):
    def __init__(self):
        super().__init__()
        self.vector = nn.Parameter(torch.tensor([1.0, 0.0], dtype=torch.float64))

    def loss(self, _=None):
        return -(self.vector @ torch.tensor([3.0, 4.0], dtype=torch.float64))


def make_config(**changes):
    return TrainingConfig(
        **{"epochs": 4, "optimizer": "sgd", "lr": 0.05, "device": "cpu"} | changes
    )


def test_a_loss_without_data_and_a_projection_after_each_step():
    # The longest projection of a unit vector on (3, 4) is its length 5, in the direction (0.6,
    # 0.8).
    module = Direction()

    def renormalise(info):
        with torch.no_grad():
            module.vector.div_(module.vector.norm())

    objective = Objective(batches=lambda generator: range(50), loss_of_batch=module.loss)
    history = train(module, objective, make_config(), callbacks=[Hooks(after_step_do=renormalise)])
    torch.testing.assert_close(
        module.vector.detach(), torch.tensor([0.6, 0.8], dtype=torch.float64)
    )
    assert history.records[-1].train_loss == pytest.approx(-5)
    assert history.records[-1].validation_loss is None
    assert history.stop_reason == "all 4 epochs done"


def test_a_callback_can_stop_the_run_and_all_callbacks_still_hear_of_the_epoch():
    module, heard = Direction(), []
    objective = Objective(batches=lambda generator: range(2), loss_of_batch=module.loss)
    stop = Hooks(after_epoch_do=lambda record: "seen enough" if record.epoch == 2 else None)
    history = train(
        module, objective, make_config(), callbacks=[stop, Hooks(after_epoch_do=heard.append)]
    )
    assert history.stop_reason == "seen enough"
    assert heard == list(history.records)
    assert len(heard) == 2


def test_callbacks_are_set_up_with_the_model_and_its_optimizer():
    module, seen = Direction(), []

    class Setup(Callback):
        def on_start(self, info):
            seen.append(info)

    train(
        module,
        Objective(batches=lambda generator: [0], loss_of_batch=module.loss),
        make_config(),
        callbacks=[Setup()],
    )
    (info,) = seen
    assert info.model is module
    assert info.optimizer.param_groups[0]["params"] == [module.vector]
    assert (info.device.type, info.epochs) == ("cpu", 4)


def test_evaluation_mode_and_no_gradients_during_validation():
    module, seen = Direction(), []

    def validate():
        seen.append((module.training, torch.is_grad_enabled()))
        return 1.0

    objective = Objective(
        batches=lambda generator: [0], loss_of_batch=module.loss, validation_loss=validate
    )
    history = train(module, objective, make_config(epochs=2))
    assert seen == [(False, False)] * 2
    assert history.best_epoch == 1


def test_a_validation_loss_that_is_not_finite_stops_the_run():
    module = Direction()
    objective = Objective(
        batches=lambda generator: [0],
        loss_of_batch=module.loss,
        validation_loss=lambda: float("nan"),
    )
    with pytest.raises(TrainingError, match="validation loss is nan after epoch 1, step 1"):
        train(module, objective, make_config())


def test_resume_without_a_folder_is_refused():
    module = Direction()
    with pytest.raises(ConfigError, match="checkpoint_dir is None"):
        train(
            module,
            Objective(batches=lambda g: [0], loss_of_batch=module.loss),
            make_config(),
            resume=True,
        )
