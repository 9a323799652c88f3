import json
import os

import pytest
import torch
from safetensors import safe_open
from torch import nn

from edgelab.errors import CheckpointError, ConfigError, TrainingError
from edgelab.training import Callback, TrainingConfig, fit

NAME = "checkpoint.safetensors"


class Tied(nn.Module):
    """Every kind of state at once: tied weights, a frozen parameter, buffers, dropout."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.again = nn.Linear(3, 3)
        self.again.weight = self.inner.weight
        self.norm = nn.BatchNorm1d(3)
        self.out = nn.Linear(3, 1)
        self.out.bias.requires_grad_(False)

    def forward(self, x):
        return self.out(
            self.norm(nn.functional.dropout(self.again(self.inner(x).tanh()), 0.3, self.training))
        )


class RunningMean(Callback):
    """A callback with tensors, numbers and its own use of the global generator."""

    def __init__(self):
        self.mean, self.n_steps = torch.zeros(()), 0

    def after_step(self, info):
        self.n_steps += 1
        self.mean = self.mean + (info.loss + torch.rand(()) - self.mean) / self.n_steps

    def state_dict(self):
        return {"mean": self.mean, "n_steps": self.n_steps}

    def load_state_dict(self, state):
        self.mean, self.n_steps = state["mean"], state["n_steps"]


def make_model():
    torch.manual_seed(2)
    return Tied()


def make_data():
    x = torch.randn(30, 3, generator=torch.Generator().manual_seed(0))
    return x, x.sum(1, keepdim=True).sin()


def make_config(**changes):
    settings = {
        "epochs": 6,
        "batch_size": 8,
        "lr": 0.05,
        "validation_fraction": 0.2,
        "device": "cpu",
    }
    return TrainingConfig(**settings | changes)


def run(folder=None, *, resume=False, overwrite=False, data=None, **changes):
    model, callback = make_model(), RunningMean()
    data = data or make_data()
    history = fit(
        model,
        *data,
        make_config(**changes),
        callbacks=[callback],
        checkpoint_dir=folder,
        resume=resume,
        overwrite=overwrite,
    )
    state = {**model.state_dict(), "mean": callback.mean, "n_steps": torch.tensor(callback.n_steps)}
    return state, history


def assert_same(one, other):
    assert one[1] == other[1]
    assert all(torch.equal(value, other[0][name]) for name, value in one[0].items())


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "adam", "clip_norm": 0.1},
        {"optimizer": "sgd", "momentum": 0.9},
        {"optimizer": "rmsprop", "momentum": 0.5},
        {"schedule": "plateau", "schedule_patience": 1},
        {"validation_fraction": 0.0},
        {"restore_best": False},
    ],
    ids=str,
)
def test_a_continued_run_equals_an_uninterrupted_one_to_the_bit(tmp_path, settings):
    whole = run(**settings)
    run(tmp_path, epochs=2, **settings)
    run(tmp_path, epochs=3, resume=True, **settings)
    assert_same(run(tmp_path, resume=True, **settings), whole)


def test_storing_changes_nothing_and_a_finished_run_can_be_asked_again(tmp_path):
    whole = run()
    assert_same(run(tmp_path), whole)
    assert_same(run(tmp_path, resume=True), whole)
    assert os.listdir(tmp_path) == [NAME]


def test_an_early_stop_is_remembered(tmp_path):
    first = run(tmp_path, epochs=60, patience=2)
    assert first[1].stop_reason.startswith("no lower validation loss")
    assert_same(run(tmp_path, epochs=60, patience=2, resume=True), first)


def test_resume_without_a_checkpoint_starts_afresh(tmp_path):
    assert_same(run(tmp_path / "new" / "folder", resume=True), run())


def test_checkpoints_come_every_so_many_epochs_and_at_the_end(tmp_path, monkeypatch):
    times = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (times.append(1), replace(*paths)))
    run(tmp_path, epochs=5, checkpoint_every=2)
    assert len(times) == 3


def test_an_existing_checkpoint_is_not_overwritten_unasked(tmp_path):
    run(tmp_path)
    with pytest.raises(CheckpointError, match=r"resume=True.*overwrite=True"):
        run(tmp_path)
    assert_same(run(tmp_path, seed=5, overwrite=True), run(seed=5))
    with pytest.raises(ConfigError, match="no parameter"):
        fit(
            make_model().requires_grad_(False),
            *make_data(),
            make_config(),
            checkpoint_dir=tmp_path,
            overwrite=True,
        )
    assert os.listdir(tmp_path) == [NAME]  # what cannot start has deleted nothing
    with pytest.raises(ConfigError, match="choose one of them"):
        run(tmp_path, resume=True, overwrite=True)


def test_another_run_is_refused_by_naming_what_differs(tmp_path):
    run(tmp_path)
    with pytest.raises(
        CheckpointError, match=r"'lr', 'seed': lr was 0\.05, is 0\.1; seed was 0, is 3"
    ):
        run(tmp_path, resume=True, lr=0.1, seed=3)
    x, y = make_data()
    with pytest.raises(CheckpointError, match="other settings, 'y'"):
        run(tmp_path, resume=True, data=(x, y + 1))
    with pytest.raises(CheckpointError, match="has 6 epochs done, but epochs is 4"):
        run(tmp_path, resume=True, epochs=4)
    with pytest.raises(CheckpointError, match=r"callbacks \['RunningMean'\], this run has \[\]"):
        fit(make_model(), x, y, make_config(), checkpoint_dir=tmp_path, resume=True)


def test_another_model_is_refused(tmp_path):
    x, y = make_data()
    fit(nn.Linear(3, 1), x, y, make_config(), checkpoint_dir=tmp_path)
    with pytest.raises(CheckpointError, match="belongs to another model"):
        fit(nn.Linear(3, 1, bias=False), x, y, make_config(), checkpoint_dir=tmp_path, resume=True)
    frozen = nn.Linear(3, 1)
    frozen.bias.requires_grad_(False)
    with pytest.raises(CheckpointError, match="optimizer trained other parameters"):
        fit(frozen, x, y, make_config(), checkpoint_dir=tmp_path, resume=True)


def test_a_damaged_checkpoint_is_refused_with_the_cure(tmp_path):
    run(tmp_path)
    content = (tmp_path / NAME).read_bytes()
    for damaged in (content[: len(content) // 2], b"", content[:-3] + b"abc"):
        (tmp_path / NAME).write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"(?s)cannot read .*damaged.*start afresh"):
            run(tmp_path, resume=True)


def test_the_file_is_safetensors_and_json_without_pickle(tmp_path):
    run(tmp_path)
    with safe_open(tmp_path / NAME, framework="pt") as file:
        assert "model/inner.weight" in file.keys()  # noqa: SIM118
        assert "model/again.weight" not in file.keys()  # noqa: SIM118 - tied, so stored once
        document = json.loads(file.metadata()["edgelab"])
    assert document["metadata"]["identity"]["lr"] == 0.05


def test_the_last_good_checkpoint_survives_a_loss_that_is_not_finite(tmp_path):
    class Poison(Callback):
        def __init__(self, model, at):
            self.model, self.at = model, at

        def after_step(self, info):
            if info.step == self.at:
                self.model.out.weight.data.fill_(float("nan"))

    def poisoned(at, **options):
        model = make_model()
        history = fit(
            model,
            *make_data(),
            make_config(),
            callbacks=[Poison(model, at)],
            checkpoint_dir=tmp_path,
            **options,
        )
        return {**model.state_dict()}, history

    with pytest.raises(TrainingError, match=r"the loss is nan in epoch 3, step 9.*checkpoint"):
        poisoned(at=8)  # 24 training rows, 3 steps per epoch
    resumed = poisoned(at=0, resume=True)
    whole = make_model()
    history = fit(whole, *make_data(), make_config())
    assert_same(resumed, (whole.state_dict(), history))
