import math

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, DataError, TrainingError
from edgelab.ops import Batch
from edgelab.seeds import seed_for
from edgelab.training import (
    Callback,
    Hooks,
    TrainingConfig,
    evaluate_loss,
    fit,
    generator_for,
    iterate_batches,
    split_rows,
)
from edgelab.training._fit import _check_data


def make_model(dropout=0.3, dtype=torch.float32):
    generator_state = torch.get_rng_state()
    torch.manual_seed(7)
    model = nn.Sequential(
        nn.Linear(4, 6), nn.ELU(), nn.Dropout(dropout), nn.BatchNorm1d(6), nn.Linear(6, 2)
    ).to(dtype)
    torch.set_rng_state(generator_state)
    return model


def make_data(n_samples=50, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_samples, 4, generator=generator)
    return x, torch.stack([x[:, 0] - x[:, 1], x[:, 2] * x[:, 3]], dim=1)


def make_config(**changes):
    return TrainingConfig(
        **{"epochs": 3, "batch_size": 16, "lr": 0.01, "device": "cpu", "progress": False} | changes
    )


def states_equal(model, other):
    return all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    )


def hide_at_random(x, y, generator):
    weight = (torch.rand(y.shape, generator=generator) < 0.4).to(y.dtype)
    return Batch(x + weight.sum(1, keepdim=True), y, weight)


def test_fit_is_a_plain_loop_to_the_bit():
    x, y = make_data()
    config = make_config(
        validation_fraction=0.2,
        optimizer="adam",
        weight_decay=0.1,
        clip_norm=0.5,
        restore_best=False,
    )
    model = make_model()
    history = fit(model, x, y, config)

    plain, criterion = make_model(), nn.MSELoss()
    training, validation = split_rows(50, 0.2, generator_for(0, "split"))
    optimizer = torch.optim.Adam(plain.parameters(), lr=0.01, weight_decay=0.1)
    generator = generator_for(0, "order")
    torch.manual_seed(seed_for(0, "global"))
    for _ in range(3):
        plain.train()
        order = torch.randperm(40, generator=generator)
        for start in range(0, 40, 16):
            rows = training[order[start : start + 16]]
            optimizer.zero_grad()
            criterion(plain(x[rows]), y[rows]).backward()
            nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
            optimizer.step()
    plain.eval()
    assert states_equal(model, plain)
    expected = criterion(plain(x[validation]), y[validation]).item()
    assert history.records[-1].validation_loss == pytest.approx(expected, rel=1e-5)
    assert [record.step for record in history.records] == [3, 6, 9]


def test_seeds_decide_everything_and_leave_the_callers_randomness_alone():
    x, y = make_data()
    config = make_config(validation_fraction=0.2)
    models, histories = [], []
    before = torch.get_rng_state()
    for seed in (0, 0, 1):
        torch.manual_seed(seed + len(models))  # must not matter
        models.append(make_model())
        state = torch.get_rng_state()
        histories.append(
            fit(
                models[-1],
                x,
                y,
                make_config(validation_fraction=0.2, seed=seed),
                corruption=hide_at_random,
            )
        )
        assert torch.equal(torch.get_rng_state(), state)
    torch.set_rng_state(before)
    assert states_equal(models[0], models[1])
    assert histories[0] == histories[1]
    assert not states_equal(models[0], models[2])
    assert config.seed == 0


def test_corruption_is_fresh_every_epoch_and_fixed_for_validation():
    x, y = make_data()
    calls = []

    def corruption(x, y, generator):
        batch = hide_at_random(x, y, generator)
        calls.append((len(x), batch.weight))
        return batch

    history = fit(
        make_model(), x, y, make_config(validation_fraction=0.2, lr=1e-30), corruption=corruption
    )
    assert [rows for rows, _ in calls] == [10, 40, 40, 40]
    assert not torch.equal(calls[1][1], calls[2][1])
    _, validation = split_rows(50, 0.2, generator_for(0, "split"))
    expected = hide_at_random(x[validation], y[validation], generator_for(0, "validation"))
    assert torch.equal(calls[0][1], expected.weight)
    assert len({record.train_loss for record in history.records}) == 3


def test_only_entries_with_weight_teach():
    x, y = make_data()

    def second_output_only(x, y, generator):
        return Batch(x, y, torch.tensor([[0.0, 2.0]]).expand_as(y).clone())

    model = nn.Linear(4, 2)
    before = model.weight.detach().clone()
    history = fit(model, x, y, make_config(batch_size=50, epochs=1), corruption=second_output_only)
    assert torch.equal(model.weight[0], before[0])
    assert not torch.equal(model.weight[1], before[1])
    expected = (x @ before[1] + model.bias.detach()[1] - y[:, 1]).square().mean().item()
    assert history.records[0].train_loss == pytest.approx(
        expected, rel=2e-2
    )  # the bias has moved by 0.01


@pytest.mark.parametrize("weighted", [False, True])
def test_the_validation_loss_does_not_depend_on_the_batch_size(weighted):
    model, (x, y) = make_model().eval(), make_data()
    weight = torch.rand(50, 2, generator=torch.Generator().manual_seed(1)) if weighted else None
    whole = evaluate_loss(model, iterate_batches(x, y, 50, weight=weight))
    for batch_size in (1, 7, 49):
        parts = evaluate_loss(model, iterate_batches(x, y, batch_size, weight=weight))
        assert parts == pytest.approx(whole, rel=1e-6)
    by_hand = (model(x) - y).square() * (1 if weight is None else weight)
    assert whole == pytest.approx(
        (by_hand.sum() / (100 if weight is None else weight.sum())).item(), rel=1e-6
    )


def test_the_validation_loss_is_summed_in_float64():
    # Float32 would lose the small errors beside the large one.
    y = torch.full((1000, 1), 1e-3)
    y[0] = 1e3
    batches = iterate_batches(torch.zeros(1000, 1), y, 1000)
    assert evaluate_loss(lambda x: x, batches) == pytest.approx(
        y.double().square().mean().item(), rel=1e-14
    )


def test_early_stopping_waits_patiently_and_returns_the_best_weights():
    x, y = make_data()
    y = torch.randn(
        y.shape, generator=torch.Generator().manual_seed(3)
    )  # nothing to learn, so it soon overfits
    model, best = make_model(dropout=0.0), {}

    def remember(record):
        best[record.epoch] = {name: value.clone() for name, value in model.state_dict().items()}

    config = make_config(epochs=200, lr=0.05, validation_fraction=0.3, patience=4)
    history = fit(model, x, y, config, callbacks=[Hooks(after_epoch_do=remember)])
    losses = history.frame()["validation_loss"]
    assert history.stop_reason == "no lower validation loss for 4 epochs"
    assert len(losses) == history.best_epoch + 4 < 200
    assert losses.idxmin() + 1 == history.best_epoch
    assert all(
        torch.equal(value, best[history.best_epoch][name])
        for name, value in model.state_dict().items()
    )
    last = make_model(dropout=0.0)
    fit(
        last,
        x,
        y,
        make_config(epochs=200, lr=0.05, validation_fraction=0.3, patience=4, restore_best=False),
    )
    assert not states_equal(model, last)


def test_modes_and_frozen_parameters_are_respected():
    x, y = make_data()
    model = make_model().train()
    model[3].eval()
    model[0].requires_grad_(False)
    frozen = model[0].weight.clone()
    fit(model, x, y, make_config(validation_fraction=0.2))
    assert [part.training for part in (model, model[0], model[3])] == [True, True, False]
    assert torch.equal(model[0].weight, frozen)
    assert not model[0].weight.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(ConfigError, match="no parameter that requires gradients"):
        fit(model.requires_grad_(False), x, y, make_config())


def test_modes_come_back_after_an_error_too():
    x, y = make_data()
    model = make_model().eval()
    with pytest.raises(TrainingError):
        fit(model, x, y, make_config(lr=1e30, optimizer="sgd"))
    assert not any(part.training for part in model.modules())


def test_data_take_the_dtype_of_the_model():
    x, y = make_data()
    model = make_model(dtype=torch.float64)
    fit(model, x, y, make_config())
    assert model[0].weight.dtype == torch.float64


def test_drop_last_leaves_out_the_rest():
    x, y = make_data()
    assert fit(make_model(), x, y, make_config(drop_last=True)).records[-1].step == 9
    assert fit(make_model(), x, y, make_config()).records[-1].step == 12
    with pytest.raises(
        ConfigError, match="drop_last leaves no batch: 50 training rows, batch_size 64"
    ):
        fit(make_model(), x, y, make_config(drop_last=True, batch_size=64))


def test_a_parameter_that_overflows_in_the_last_step_of_an_epoch_is_noticed():
    class Overflow(Callback):
        def __init__(self, model):
            self.model = model

        def after_step(self, info):
            self.model[0].weight.data[0, 0] = math.inf

    model = make_model()
    with pytest.raises(
        TrainingError, match=r"parameter 0\.weight is not finite after epoch 1, step 1"
    ):
        fit(model, *make_data(), make_config(batch_size=50), callbacks=[Overflow(model)])


@pytest.mark.parametrize("name", ["constant", "cosine", "plateau"])
def test_schedules_set_the_learning_rate(name):
    rates = (
        fit(make_model(), *make_data(), make_config(schedule=name, epochs=4)).frame()["lr"].tolist()
    )
    expected = (
        [0.01 * 0.5 * (1 + math.cos(math.pi * done / 4)) for done in range(4)]
        if name == "cosine"
        else [0.01] * 4
    )
    assert rates == pytest.approx(expected)


def test_a_criterion_may_be_a_name_or_a_function():
    named, given = make_model(), make_model()
    fit(named, *make_data(), make_config(), criterion="absolute_error")
    fit(
        given,
        *make_data(),
        make_config(),
        criterion=lambda prediction, target: (prediction - target).abs(),
    )
    assert states_equal(named, given)


def test_bad_data_are_refused_at_the_door():
    x, y = make_data()
    with pytest.raises(DataError, match="x has 50 samples and y has 49"):
        fit(make_model(), x, y[:49], make_config())
    for bad in (math.nan, math.inf):
        broken = y.clone()
        broken[3, 1] = bad
        with pytest.raises(DataError, match="y holds 1 values that are NaN or infinite"):
            fit(make_model(), x, broken, make_config())
    with pytest.raises(DataError, match="x must be a table of real numbers"):
        _check_data(x[:, 0], y)
    with pytest.raises(DataError, match="y must be a table of real numbers"):
        _check_data(x, y.long())
    with pytest.raises(ConfigError, match=r"predicts shape \(16, 2\) where y has \(16, 1\)"):
        fit(make_model(), x, y[:, :1], make_config())


def test_a_corruption_that_loses_rows_or_miscounts_is_refused():
    x, y = make_data()
    with pytest.raises(DataError, match="made 49 rows of x and 50 of y out of 50"):
        fit(make_model(), x, y, make_config(), corruption=lambda x, y, generator: Batch(x[1:], y))
    with pytest.raises(
        DataError, match=r"must have the shape of y, \(50, 2\).*got shape \(50, 1\)"
    ):
        fit(
            make_model(),
            x,
            y,
            make_config(),
            corruption=lambda x, y, generator: Batch(x, y, y[:, :1].abs()),
        )
    with pytest.raises(TrainingError, match="no entry that counts"):
        fit(
            make_model(), x, y, make_config(), corruption=lambda x, y, generator: Batch(x, y, 0 * y)
        )
    with pytest.raises(DataError, match="no entry counts in the loss to evaluate"):
        evaluate_loss(make_model(), [Batch(x, y, 0 * y)])


def test_the_largest_seed_trains_and_is_a_seed_of_its_own():
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))

    def weight(seed):
        torch.manual_seed(0)
        model = nn.Linear(2, 1)
        fit(model, x, x[:, :1], TrainingConfig(epochs=1, batch_size=4, seed=seed, device="cpu"))
        return model.weight.detach()

    assert torch.equal(weight(2**63 - 1), weight(2**63 - 1))
    assert not torch.equal(weight(2**63 - 1), weight(0))
