import torch

from edgelab.training import Callback, EpochRecord, Hooks, StartInfo, StepInfo

RECORD = EpochRecord(epoch=1, step=2, train_loss=0.5, validation_loss=None, lr=0.1, seconds=0.0)
STEP = StepInfo(epoch=1, step=1, lr=0.1, loss=0.5, counted=4.0)


def test_a_bare_callback_does_nothing_and_asks_for_nothing():
    callback, model = Callback(), torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters())
    callback.on_start(
        StartInfo(model=model, optimizer=optimizer, device=torch.device("cpu"), epochs=1)
    )
    with callback.step_context(1, 1):
        callback.after_backward(STEP)
    callback.after_step(STEP)
    callback.load_state_dict(callback.state_dict())
    assert callback.after_epoch(RECORD) is None
    assert callback.state_dict() == {}


def test_hooks_call_what_they_are_made_of():
    seen = []
    hooks = Hooks(
        after_backward_do=seen.append,
        after_step_do=seen.append,
        after_epoch_do=lambda record: "enough",
    )
    hooks.after_backward(STEP)
    hooks.after_step(STEP)
    assert seen == [STEP, STEP]
    assert hooks.after_epoch(RECORD) == "enough"
    assert Hooks().after_epoch(RECORD) is None
