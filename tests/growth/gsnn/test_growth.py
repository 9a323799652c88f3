"""Growing a GSNN: what is promised, what is preserved, what is refused."""

import copy

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, DataError
from edgelab.graphs import build_graph
from edgelab.growth import grow_gsnn, growth_table, mean_loss, propose_channels
from edgelab.growth.gsnn._placement import place_channels, set_channels
from edgelab.models import GSNN

GRAPH = build_graph(
    [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")],
    input_edges=[("i", "a"), ("j", "b")],
    output_edges=[("d", "o"), ("c", "p")],
    functions=["a", "b", "c", "d", "alone"],
)
NORMS = ["none", "batch", "ema", "edgebatch", "batch++", "channelema"]


def make(seed: int = 0, **options) -> GSNN:
    torch.manual_seed(seed)
    options = {
        "channels": 2,
        "layers": 4,
        "norm": "none",
        "nonlin": nn.Tanh,
        "share_layers": False,
        **options,
    }
    return GSNN.from_data(GRAPH, dtype=torch.float64, **options)


def samples(n: int = 120, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(n, 2, generator=generator, dtype=torch.float64) for _ in range(2))


def cut(
    x: torch.Tensor, y: torch.Tensor, sizes: list[int]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(zip(x.split(sizes), y.split(sizes), strict=True))


@pytest.mark.parametrize(
    ("norm", "share_layers", "project"),
    [
        *((norm, False, True) for norm in NORMS),
        ("none", False, False),
        ("none", True, True),
        ("batch", True, False),
    ],
)
def test_the_predicted_slope_is_the_measured_one(norm, share_layers, project):
    model = make(norm=norm, share_layers=share_layers)
    x, y = samples()
    model(x)  # gives running statistics something to be
    batches = cut(x, y, [80, 40])
    taken, statistics = propose_channels(model, batches, 200, per_function=2, project=project)
    placed = place_channels(model, taken)

    def loss_at(scale: float) -> float:
        set_channels(model, placed, scale, statistics)
        return mean_loss(model, batches)

    step = 1e-5
    measured = (3 * loss_at(0.0) - 4 * loss_at(step) + loss_at(2 * step)) / (2 * step)
    assert measured == pytest.approx(growth_table(model, taken)["slope"].sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("norm", "share_layers", "nonlin"),
    [
        ("none", False, nn.ReLU),
        ("none", True, nn.ELU),
        ("batch", True, nn.Tanh),
        ("ema", False, nn.GELU),
        ("batch++", False, nn.ReLU),
    ],
)
def test_at_scale_0_predictions_stay_and_new_channels_can_learn(norm, share_layers, nonlin):
    model = make(norm=norm, share_layers=share_layers, nonlin=nonlin)
    x, y = samples()
    model(x)
    before = model.eval()(x).detach()
    report = grow_gsnn(model, [(x, y)], 60, scale=0.0)
    torch.testing.assert_close(model(x).detach(), before)
    assert report.loss_after == pytest.approx(report.loss_before)
    assert 0 < report.n_parameters <= 60
    assert report.n_parameters == report.table["n_parameters"].sum()
    (model(x) - y).square().sum().backward()
    out_grads = [block.lin_out.weight.grad[:, 2:].abs().sum() for block in model.blocks]
    assert sum(out_grads) > 0


def test_the_line_search_lowers_the_loss_and_keeps_to_the_budget():
    model = make(nonlin=nn.ELU)
    x, _ = samples()
    y = torch.stack([x.prod(1), x.sum(1)], 1)
    report = grow_gsnn(model, [(x, y)], 40)
    assert report.n_parameters <= 40
    assert report.loss_after < report.loss_before
    assert report.loss_after == pytest.approx(mean_loss(model, [(x, y)]))
    assert (report.table["gain"] / report.table["n_parameters"]).is_monotonic_decreasing


def test_growth_goes_where_the_bottleneck_is():
    """Through `narrow`, one channel wide, two independent signals must pass; the rest is wide."""
    graph = build_graph(
        [
            ("left", "narrow"),
            ("right", "narrow"),
            ("narrow", "up"),
            ("narrow", "down"),
            ("side", "wide"),
        ],
        input_edges=[("x1", "left"), ("x2", "right"), ("x3", "side")],
        output_edges=[("up", "y1"), ("down", "y2"), ("wide", "y3")],
    )
    torch.manual_seed(0)
    model = GSNN.from_data(
        graph, channels=1, layers=3, norm="none", add_function_self_edges=False, nonlin=nn.Tanh
    )
    order = [int(name[1]) - 1 for name in model.output_names]
    x = 0.3 * torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    y = x[:, order]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(250):
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    stuck = mean_loss(model, [(x, y)])
    report = grow_gsnn(model, [(x, y)], 5, optimizer=optimizer)
    assert report.table["function"].tolist() == ["narrow"]
    assert report.loss_after < stuck
    for _ in range(250):
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    assert mean_loss(model, [(x, y)]) < 0.2 * stuck


def test_only_functions_with_edges_on_both_sides_grow_and_no_edge_appears():
    model = make(add_function_self_edges=False)
    x, y = samples()
    edges = model.edges
    report = grow_gsnn(model, [(x, y)], 10_000, per_function=3)
    assert "alone" not in set(report.table["function"])
    assert model.edges == edges
    assert (model.channel_counts[:, model.function_names.index("alone")] == 2).all()


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_units_of_the_loss_do_not_matter(factor):
    x, y = samples()
    models = [make(nonlin=nn.ELU) for _ in range(2)]
    criteria = [lambda p, t: (p - t) ** 2, lambda p, t: factor * (p - t) ** 2]
    reports = [
        grow_gsnn(m, [(x, y)], 60, criterion=c) for m, c in zip(models, criteria, strict=True)
    ]
    assert reports[0].table["function"].tolist() == reports[1].table["function"].tolist()
    assert reports[1].scale * factor == pytest.approx(reports[0].scale)
    torch.testing.assert_close(models[0](x), models[1](x))


def test_how_samples_are_cut_does_not_matter():
    x, y = samples()
    models = [make() for _ in range(2)]
    for model, sizes in zip(models, ([120], [64, 55, 1]), strict=True):
        grow_gsnn(model, cut(x, y, sizes), 60)
    torch.testing.assert_close(models[0](x), models[1](x))


def test_weights_of_entries_count():
    x, y = samples()
    weight = torch.zeros_like(y)
    weight[:60] = 1.0
    models = [make() for _ in range(2)]
    weighted = grow_gsnn(models[0], [(x, y, weight)], 60)
    half = grow_gsnn(models[1], [(x[:60], y[:60])], 60)
    assert weighted.loss_before == pytest.approx(half.loss_before / 2)


def test_the_model_is_not_disturbed():
    model = make(norm="batch", dropout=0.3)
    x, y = samples()
    model(x).sum().backward()
    gradient, running = (
        model.blocks[0].lin_in.bias.grad.clone(),
        model.blocks[0].norm.running_mean.clone(),
    )
    state = copy.deepcopy(model.state_dict())
    taken, _ = propose_channels(model, [(x, y)], 60)
    assert torch.equal(model.blocks[0].lin_in.bias.grad, gradient)
    assert torch.equal(model.blocks[0].norm.running_mean, running)
    assert model.training
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert sum(int(new.taken.sum()) for new in taken) > 0


def test_the_optimizer_follows():
    model = make()
    x, y = samples()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    weight = model.blocks[2].lin_in.weight
    remembered = optimizer.state[weight]["momentum_buffer"].clone()
    grow_gsnn(model, [(x, y)], 60, optimizer=optimizer)
    assert model.blocks[2].lin_in.weight is weight
    assert any(parameter is weight for parameter in optimizer.param_groups[0]["params"])
    assert torch.equal(optimizer.state[weight]["momentum_buffer"][:, :2], remembered)
    assert not optimizer.state[weight]["momentum_buffer"][:, 2:].any()
    optimizer.zero_grad()
    (model(x) - y).square().mean().backward()
    optimizer.step()


def test_growing_again_and_again_and_storing(tmp_path):
    model = make(nonlin=nn.ELU)
    x, y = samples()
    losses = [grow_gsnn(model, [(x, y)], 30).loss_after for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    fresh = make(seed=5, nonlin=nn.ELU)
    fresh.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    assert torch.equal(fresh(x), model(x))
    assert fresh.n_parameters == model.n_parameters


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"norm": "layer"}, "mixes the channels"),
            ({"node_mlp": True}, "node_mlp"),
            ({"nonlin": nn.Sigmoid}, "not 0 at 0"),
        ],
    )
    def test_models(self, options, message):
        x, y = samples()
        model = make(**options)
        before = model.n_parameters
        with pytest.raises(ConfigError, match=message):
            grow_gsnn(model, [(x, y)], 10)
        assert model.n_parameters == before

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"n_parameters": -1}, "n_parameters"),
            ({"n_parameters": 5, "per_function": 0}, "per_function"),
            ({"n_parameters": 5, "scale": -1.0}, "scale"),
            ({"n_parameters": 5, "criterion": nn.MSELoss()}, "one loss per entry"),
        ],
    )
    def test_arguments(self, arguments, message):
        x, y = samples()
        with pytest.raises(ConfigError, match=message):
            grow_gsnn(make(), [(x, y)], **arguments)

    def test_data(self):
        x, y = samples()
        with pytest.raises(DataError, match="no sample"):
            grow_gsnn(make(), [], 5)
        with pytest.raises(DataError, match="NaN"):
            grow_gsnn(make(), [(x, y * torch.nan)], 5)

    def test_a_budget_that_buys_nothing_buys_nothing(self):
        x, y = samples()
        report = grow_gsnn(make(), [(x, y)], 1)
        assert report.n_parameters == len(report.table) == report.scale == 0


def test_responses_that_do_not_fit_the_outputs_are_not_stretched():
    graph = build_graph([("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")])
    model = GSNN.from_data(graph, channels=2, layers=3, norm="none")
    with pytest.raises(DataError, match="one column per output"):
        grow_gsnn(model, [(torch.ones(4, 1), torch.ones(4, 2))], 20)
