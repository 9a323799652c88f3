import math

import pytest
import torch
from torch import nn

from edgelab.errors import CheckpointError, ConfigError, TrainingError
from edgelab.perturbation import FitConfig, GradNet, SparseParameterization, fit
from edgelab.training import Callback

PRICES = torch.tensor([[0.0, 3, 1], [3, 0, 2], [1, 2, 0]], dtype=torch.float64)
QUIET = FitConfig(lr=0.1, progress=False)


def net(**options):
    options = {"dtype": "float64", "rand_init_weights": 0.5} | options
    torch.manual_seed(0)
    return GradNet(3, 2.0, **options)


def cost(gn):
    return (gn() * PRICES).sum()


def noisy_cost(gn):
    return (gn(0.3) * PRICES).sum()


def test_the_cheapest_edge_gets_the_budget():
    gn = net()
    result = fit(gn, cost, 250, QUIET)
    assert gn()[0, 2].item() == pytest.approx(1, abs=1e-2)
    assert result.losses[-1] == pytest.approx(2, abs=1e-2)  # 2 · 1 · price 1
    assert len(result.losses) == 251 and len(result.history.records) == 25
    assert result.best_loss == min(result.losses) and result.best_path is None


def by_hand(gn, n, *, lr):
    """The same loop written out, without moments to rescale."""
    losses = []
    for _ in range(n):
        loss = cost(gn)
        (grad,) = torch.autograd.grad(loss, gn.param.delta_adj_raw)
        with torch.no_grad():
            gn.param.delta_adj_raw -= lr * grad
        gn.renorm_params()
        losses.append(loss.item())
    return losses


def test_sgd_is_the_loop_by_hand():
    gn, twin = net(), net()
    losses = by_hand(twin, 7, lr=0.05)
    result = fit(
        gn, cost, 7, FitConfig(optimizer="sgd", lr=0.05, progress=False, updates_per_epoch=3)
    )
    assert result.losses[:7] == pytest.approx(losses, rel=1e-12)
    torch.testing.assert_close(gn.param.delta_adj_raw, twin.param.delta_adj_raw)


def test_raw_numbers_keep_their_length_only_where_it_does_not_matter():
    for options, kept in (({}, True), ({"strict_budget": False}, False)):
        for renormalise in (True, False):
            gn = net(**options)
            fit(gn, cost, 5, FitConfig(lr=0.1, progress=False, renormalise=renormalise))
            length = gn.param.delta_adj_raw.norm().item()
            assert (abs(length - math.sqrt(3)) < 1e-6) == (kept and renormalise)


class RecordMoments(Callback):
    def on_start(self, info):
        self.optimizer, self.parameter = info.optimizer, info.model.param.delta_adj_raw

    def after_step(self, info):
        state = self.optimizer.state[self.parameter]
        self.moments = state["exp_avg"].clone(), state["exp_avg_sq"].clone()


def test_moments_follow_the_length():
    # One step of Adam: the moments are (1 − β) times the gradient and its square. Renormalised by
    # c, gradients are 1/c times as large.
    gn, recorder = net(), RecordMoments()
    raw = gn.param.delta_adj_raw
    (grad,) = torch.autograd.grad(cost(gn), raw)
    before = raw.detach().clone()
    stepped = before - 0.1 * grad / (grad.abs() + 1e-8)
    fit(gn, cost, 1, QUIET, callbacks=[recorder])
    scale = math.sqrt(3) / stepped.norm()
    torch.testing.assert_close(raw.detach(), stepped * scale)
    torch.testing.assert_close(recorder.moments[0], 0.1 * grad / scale)
    torch.testing.assert_close(
        recorder.moments[1], 0.001 * (grad / scale).square(), rtol=1e-6, atol=0
    )


def test_the_best_file_holds_the_parameters_that_gave_the_best_loss(tmp_path):
    gn = net()
    # The price of the edges turns round after seven updates, so that the best parameters lie in the
    # middle of the run.
    config = FitConfig(optimizer="sgd", lr=0.1, progress=False, pass_update=True)
    result = fit(
        gn,
        lambda gn, update: cost(gn) if update < 7 else 20 - cost(gn),
        9,
        config,
        checkpoint_dir=tmp_path,
    )
    assert result.best_path == tmp_path / "best.safetensors"
    assert result.best_update == 6 and result.best_loss == min(result.losses)
    assert cost(GradNet.from_checkpoint(result.best_path)).item() == result.best_loss
    fit(gn, cost, 3, QUIET, checkpoint_dir=tmp_path, overwrite=True)
    assert cost(GradNet.from_checkpoint(result.best_path)).item() != result.best_loss


def test_the_best_can_be_restored():
    gn = net()
    loss = lambda gn: (gn()[0, 2] - 0.5).square()  # noqa: E731
    result = fit(
        gn, loss, 25, FitConfig(optimizer="sgd", lr=2.0, progress=False, restore_best=True)
    )
    assert loss(gn).item() == result.best_loss


class StopAfter(Callback):
    """Stops as a killed process would: nothing is saved any more."""

    def __init__(self, n_updates):
        self.n_updates = n_updates

    def after_step(self, info):
        if info.step == self.n_updates:
            raise KeyboardInterrupt


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_resumed_run_ends_with_the_same_bits(optimizer, tmp_path):
    config = FitConfig(optimizer=optimizer, progress=False, updates_per_epoch=4, checkpoint_every=1)
    whole, halves = net(), net()
    expected = fit(
        whole, noisy_cost, 18, config, callbacks=[StopAfter(0)], checkpoint_dir=tmp_path / "whole"
    )
    with pytest.raises(KeyboardInterrupt):
        fit(
            halves,
            noisy_cost,
            18,
            config,
            callbacks=[StopAfter(11)],
            checkpoint_dir=tmp_path / "halves",
        )
    resumed = net()
    result = fit(
        resumed,
        noisy_cost,
        18,
        config,
        callbacks=[StopAfter(0)],
        checkpoint_dir=tmp_path / "halves",
        resume=True,
    )
    assert torch.equal(resumed.param.delta_adj_raw, whole.param.delta_adj_raw)
    assert result.losses == expected.losses and result.best_update == expected.best_update


def test_a_finished_run_can_be_continued(tmp_path):
    config = FitConfig(progress=False, updates_per_epoch=4)
    gn, whole = net(), net()
    fit(gn, cost, 6, config, checkpoint_dir=tmp_path)
    result = fit(gn, cost, 14, config, checkpoint_dir=tmp_path, resume=True)
    assert result.losses == pytest.approx(fit(whole, cost, 14, config).losses)
    with pytest.raises(CheckpointError, match="belongs to a run with other settings"):
        fit(net(strict_budget=False), cost, 14, config, checkpoint_dir=tmp_path, resume=True)


@pytest.mark.parametrize("bad_at", [0, 3])
def test_a_loss_that_is_no_number_stops_with_a_clear_error(bad_at, tmp_path):
    gn, seen = net(), []

    def loss(gn, update):
        seen.append(gn.param.delta_adj_raw.detach().clone())
        return cost(gn) * (math.nan if update == bad_at else 1)

    with pytest.raises(TrainingError, match=rf"the loss is nan in epoch {bad_at + 1}"):
        fit(
            gn,
            loss,
            9,
            FitConfig(progress=False, pass_update=True, updates_per_epoch=1),
            checkpoint_dir=tmp_path,
        )
    assert torch.equal(gn.param.delta_adj_raw, seen[-1])  # as they were when the loss went wrong
    assert gn.param.delta_adj_raw.isfinite().all()


def test_the_number_of_the_update_is_passed():
    seen = []
    fit(
        net(),
        lambda gn, update: seen.append(update) or cost(gn),
        5,
        FitConfig(pass_update=True, progress=False),
    )
    assert seen == [0, 1, 2, 3, 4, 5]  # once more after the last


def test_a_module_around_a_net_is_fitted_whole(tmp_path):
    class Readout(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.gain = net(), nn.Parameter(torch.tensor(1.0, dtype=torch.float64))

        def forward(self):
            return self.gain * self.net().sum() - 5

    model = Readout()
    result = fit(
        model,
        lambda model: model().square(),
        60,
        FitConfig(lr=0.1, progress=False),
        checkpoint_dir=tmp_path,
    )
    assert result.losses[-1] < 1e-2 and model.gain.item() == pytest.approx(2.5, abs=0.1)
    assert model.net.param.delta_adj_raw.norm().item() == pytest.approx(math.sqrt(3))
    assert result.best_path.exists()


def test_a_parameterization_is_fitted_by_itself():
    edges, prices = torch.tensor([[0, 0, 1], [1, 2, 2]]), torch.tensor([3.0, 1.0, 2.0])
    change = SparseParameterization(
        num_nodes=3,
        budget=2.0,
        edge_index=edges,
        cost_p_sum=torch.full((3,), 2.0),
        strict_budget=True,
    )
    fit(change, lambda change: change.edge_values() @ prices, 250, QUIET)
    assert change.edge_values()[1].item() == pytest.approx(1, abs=1e-2)
    assert change.delta_adj_raw.norm().item() == pytest.approx(math.sqrt(1.5))


def test_schedules_and_clipping_reach_the_loop():
    config = FitConfig(
        schedule="cosine",
        lr=1.0,
        clip_norm=1e-3,
        optimizer="sgd",
        progress=False,
        updates_per_epoch=1,
    )
    gn = net(strict_budget=False)
    start = gn.param.delta_adj_raw.detach().clone()
    result = fit(gn, cost, 4, config)
    assert [record.lr for record in result.history.records] == pytest.approx(
        [1.0, 0.854, 0.5, 0.146], abs=1e-3
    )
    assert (gn.param.delta_adj_raw - start).norm().item() <= 2.5e-3 + 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"updates_per_epoch": 0}, "updates_per_epoch must be"),
        ({"lr": -1.0}, "lr must be"),
        ({"optimizer": "adamm"}, "unknown optimizer 'adamm'"),
        ({"schedule": "step"}, "unknown schedule"),
    ],
)
def test_settings_are_checked_when_written_down(change, message):
    with pytest.raises(ConfigError, match=message):
        FitConfig(**change)


def test_refuses():
    with pytest.raises(ConfigError, match="n_updates must be a positive integer, got 0"):
        fit(net(), cost, 0)
    with pytest.raises(TrainingError, match="one number, got float"):
        fit(net(), lambda gn: 1.0, 1, QUIET)
