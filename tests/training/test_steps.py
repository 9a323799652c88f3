import pytest
import torch

from edgelab.errors import TrainingError
from edgelab.training import Callback, Hooks, LossSum, run_steps


def parameter(*values):
    return torch.nn.Parameter(torch.tensor(values, dtype=torch.float64))


def test_one_sgd_step_by_hand():
    # loss = (w·x − y)² with w = (1, 2), x = (3, 1), y = 1: residual 4, gradient 2·4·x = (24, 8), w
    # − 0.01·gradient
    w, x = parameter(1.0, 2.0), torch.tensor([3.0, 1.0], dtype=torch.float64)
    result = run_steps(
        [(x, 1.0)], lambda batch: (w @ batch[0] - batch[1]).square(), torch.optim.SGD([w], lr=0.01)
    )
    assert result == (1, 16.0)
    torch.testing.assert_close(w.detach(), torch.tensor([0.76, 1.92], dtype=torch.float64))


@pytest.mark.parametrize(
    ("clip_norm", "expected"), [(None, (-5.0, -7.0)), (2.5, (-0.5, -1.0)), (100.0, (-5.0, -7.0))]
)
def test_clipping_shortens_the_gradient_of_all_parameters_together(clip_norm, expected):
    # gradient (6, 8) over two parameters has norm 10
    a, b = parameter(1.0), parameter(1.0)
    seen = []
    run_steps(
        [None],
        lambda _: (6 * a + 8 * b).sum(),
        torch.optim.SGD([a, b], lr=1.0),
        clip_norm=clip_norm,
        callbacks=[Hooks(after_step_do=seen.append)],
    )
    assert (a.item(), b.item()) == pytest.approx(expected, rel=1e-6)
    assert seen[0].gradient_norm == pytest.approx(10)


def test_a_loss_sum_is_minimised_as_a_mean_and_averaged_over_entries():
    w = parameter(0.0)
    losses = [
        LossSum(w.sum() * 0 + total, torch.tensor(counted))
        for total, counted in ((6.0, 2.0), (2.0, 6.0))
    ]
    result = run_steps(losses, lambda loss: loss, torch.optim.SGD([w], lr=0.1), step=10)
    assert result == (12, 1.0)


class Recorder(Callback):
    def __init__(self, name, log, w):
        self.name, self.log, self.w = name, log, w

    def step_context(self, epoch, step):
        recorder = self

        class Context:
            def __enter__(self):
                recorder.log.append(f"{recorder.name} enter {epoch} {step}")

            def __exit__(self, *_):
                recorder.log.append(f"{recorder.name} exit")

        return Context()

    def after_backward(self, info):
        assert info.gradient_norm is None
        self.log.append(f"{self.name} backward grad {self.w.grad.item()} w {self.w.item()}")

    def after_step(self, info):
        assert info.gradient_norm == 2
        self.log.append(f"{self.name} step w {self.w.item()}")


def test_hooks_come_in_their_order():
    w, log = parameter(1.0), []

    def loss(_):
        log.append("forward")
        return (2 * w).sum()

    callbacks = [Recorder("A", log, w), Recorder("B", log, w)]
    run_steps([None], loss, torch.optim.SGD([w], lr=0.25), callbacks=callbacks, epoch=3, step=6)
    assert log == [
        "A enter 3 7",
        "B enter 3 7",
        "forward",
        "A backward grad 2.0 w 1.0",
        "B backward grad 2.0 w 1.0",
        "B exit",
        "A exit",
        "A step w 0.5",
        "B step w 0.5",
    ]


def test_a_callback_may_change_the_gradient():
    w = parameter(1.0, 1.0)

    def freeze_first(info):
        w.grad[0] = 0

    run_steps(
        [None],
        lambda _: w.sum(),
        torch.optim.SGD([w], lr=0.5),
        callbacks=[Hooks(after_backward_do=freeze_first)],
    )
    assert w.tolist() == [1.0, 0.5]


def test_gradients_of_earlier_work_are_not_added():
    w = parameter(1.0)
    w.grad = torch.full_like(w, 100.0)
    run_steps([None], lambda _: w.sum(), torch.optim.SGD([w], lr=0.5))
    assert w.item() == 0.5


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_step(bad):
    w = parameter(1.0)
    with pytest.raises(
        TrainingError, match=rf"the loss is {bad} in epoch 2, step 3; .*Lower lr.*checkpoint"
    ):
        run_steps(
            [1.0, 1.0, bad, 1.0],
            lambda scale: (scale * w).sum(),
            torch.optim.SGD([w], lr=0.25),
            epoch=2,
            step=0,
        )
    assert w.item() == 0.5


def test_a_gradient_that_is_not_finite_stops_before_the_step_and_names_the_parameter():
    w, healthy = parameter(0.0), parameter(2.0)
    optimizer = torch.optim.SGD([("healthy", healthy), ("scale.w", w)], lr=0.25)
    with pytest.raises(
        TrainingError, match=r"norm nan in epoch 1, step 1.*First affected parameter: scale\.w\."
    ):
        run_steps([None], lambda _: (w.sqrt() * w.sqrt() + healthy).sum(), optimizer)
    assert (w.item(), healthy.item()) == (0.0, 2.0)
    with pytest.raises(TrainingError, match="First affected parameter: number 0"):
        run_steps([None], lambda _: (w.sqrt() * w.sqrt()).sum(), torch.optim.SGD([w], lr=0.25))


def test_losses_that_teach_nothing_are_refused():
    w = parameter(1.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with pytest.raises(TrainingError, match="depends on no trainable parameter"):
        run_steps([None], lambda _: w.detach().sum(), optimizer)
    with pytest.raises(TrainingError, match=r"one number, got a tensor of shape \(2,\)"):
        run_steps([None], lambda _: w * torch.ones(2, dtype=torch.float64), optimizer)
    with pytest.raises(TrainingError, match="no entry that counts"):
        run_steps([], lambda _: w.sum(), optimizer)
    with pytest.raises(TrainingError, match="no entry that counts"):
        run_steps([None], lambda _: LossSum(w.sum(), torch.tensor(0.0)), optimizer)
