"""The regressor with a structured linear map as its weight."""

import copy
from dataclasses import replace

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.graphs import build_graph
from edgelab.inference import MagnitudeEdgeRegressor
from edgelab.inference.gsnn._weight_map import map_of, settled_weight
from edgelab.linear import LassoLinear, NonNegativeLinear, maps
from edgelab.models import GSNN
from edgelab.table import check_edge_table
from edgelab.training import TrainingConfig, fit

FUNCTIONS = ["raf", "mek", "erk", "akt"]
HELD_OUT = [("raf", "erk"), ("mek", "akt")]
FROZEN = {"IdentityLinear"}
TRAINABLE = [name for name in maps if name not in FROZEN]


def make_graph(functions=FUNCTIONS):
    return build_graph(
        [("raf", "mek"), ("mek", "erk"), ("akt", "erk")],
        input_edges=[("drug", "raf"), ("drug", "akt")],
        output_edges=[("erk", "p-erk"), ("mek", "p-mek")],
        functions=functions,
    )


def make_model(dtype=torch.float32):
    torch.manual_seed(0)
    return GSNN.from_data(make_graph(), channels=4, layers=3, norm="none", dtype=dtype)


class MadeUp(MagnitudeEdgeRegressor):
    """A regressor that is shown given magnitudes instead of a model's."""

    def show(self, source, target):
        self._sizes = lambda cache, scale: (source, target * scale)
        return self.aux_step()


def made_up(weight_map=None, dtype=torch.float32, **options):
    torch.manual_seed(1)
    return MadeUp(make_model(dtype), make_graph(), weight_map=weight_map, **options)


def noise(n=64, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.rand(3, 2, n, 4, generator=generator, dtype=torch.float64).to(dtype)
    return sizes[:2], sizes[2]


def loss_of(regressor, source, target, matrix):
    x, y = regressor.source_scaler(source), regressor.target_scaler(target)
    return sum((x[p, k] @ matrix - y[p]).square().mean() for p in range(2) for k in range(2))


def test_without_a_map_nothing_is_parametrized():
    regressor = made_up()
    assert map_of(regressor) is None and type(regressor) is MadeUp
    assert isinstance(regressor.weight, torch.nn.Parameter)
    assert [name for name, _ in regressor.named_parameters()] == ["weight"]
    assert settled_weight(regressor).data_ptr() == regressor.weight.data_ptr()


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_map_that_is_free_learns_the_bits_of_no_map(dropout):
    free, mapped = (
        made_up(ridge=0.3, dropout=dropout),
        made_up("Linear", ridge=0.3, dropout=dropout),
    )
    with torch.no_grad():
        map_of(mapped).weight.copy_(free.weight)
    for seed in range(5):
        metrics = []
        for regressor in (free, mapped):
            torch.manual_seed(seed)  # which entries are left out
            metrics.append(regressor.show(*noise(seed=seed)))
        assert metrics[0] == metrics[1]
        assert torch.equal(mapped.weight, free.weight)
    assert torch.equal(mapped.scores(), free.scores())


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_step_through_any_map_is_the_one_of_autograd(name):
    regressor = made_up(name, dtype=torch.float64, lr=0.02, ridge=0.3)
    twin = copy.deepcopy(map_of(regressor))
    optimizer = torch.optim.AdamW(twin.parameters(), lr=0.02, weight_decay=1e-4)
    for seed in range(3):
        source, target = noise(seed=seed, dtype=torch.float64)
        torch.manual_seed(seed)  # gates of L0Linear
        metrics = regressor.show(source, target)
        torch.manual_seed(seed)
        matrix = twin.effective_W()
        loss = (
            loss_of(regressor, source, target, matrix)
            + 0.3 * matrix.square().sum()
            + twin.reg_error()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert metrics == {"aux_loss": pytest.approx(loss.item(), rel=1e-9), "n_terms": 4.0}
    for mine, theirs in zip(map_of(regressor).parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("name", TRAINABLE)
def test_scores_are_those_of_the_matrix_in_evaluation_mode(name):
    regressor = made_up(name, score_mode="signed")
    regressor.show(*noise())
    scores = regressor.scores()
    assert regressor.training and map_of(regressor).training
    assert torch.equal(regressor.scores(), scores) and not scores.requires_grad
    assert torch.equal(scores, map_of(regressor).eval().effective_W().detach())
    table = regressor.evaluate()
    check_edge_table(table)
    for row in table.itertuples():
        assert row.score == pytest.approx(
            scores[FUNCTIONS.index(row.src_func), FUNCTIONS.index(row.dst_func)].item()
        )


def test_the_promise_of_the_map_holds_while_it_learns():
    wanted = torch.tensor([[0.0, 0.8, -0.8, 0.0], *[[0.0] * 4] * 3])
    for name in ("NonNegativeLinear", "RightStochasticLinear"):
        regressor = made_up(name, lr=0.02, score_mode="signed")
        for seed in range(60):
            source, target = noise(seed=seed)
            regressor.show(source, target + source[:, 0] @ wanted)
            assert (regressor.scores() >= 0).all()
        assert regressor.scores().argmax() == 1
    free = made_up(lr=0.02, score_mode="signed")
    for seed in range(60):
        source, target = noise(seed=seed)
        free.show(source, target + source[:, 0] @ wanted)
    assert (
        free.scores()[0, 2] < -0.1
    )  # so it was the map that kept the other one from being negative


def test_a_lasso_leaves_what_the_data_call_for():
    regressor = made_up("LassoLinear", weight_map_options={"gamma": 0.1}, lr=0.02, weight_decay=0.0)
    for seed in range(200):
        source, target = noise(seed=seed)
        shown = source[:, :1].expand(-1, 2, -1, -1)
        wanted = torch.zeros(4, 4).index_put(
            (torch.tensor([0, 2]), torch.tensor([1, 3])), torch.tensor([0.8, -0.8])
        )
        regressor.show(shown, target + 3 * source[:, 0] @ wanted)
    scores = regressor.scores()
    assert map_of(regressor).gamma == 0.1
    assert sorted(scores.flatten().topk(2).indices.tolist()) == [1, 11]
    assert scores.flatten().sort().values[:-2].max() < 0.05 < 0.3 < scores[0, 1]


@pytest.mark.parametrize("name", TRAINABLE)
def test_state_can_be_copied_and_loaded(name):
    one, other = made_up(name), made_up(name)
    for seed in range(3):
        one.show(*noise(seed=seed))
    other.load_state_dict(one.state_dict())
    assert torch.equal(settled_weight(other), settled_weight(one))
    assert torch.equal(other.scores(), one.scores())


def test_the_best_weights_come_back():
    regressor = made_up("LassoLinear")
    regressor.show(*noise())
    best = regressor.scores()
    assert regressor.maybe_save_best(0.9)
    regressor.show(*noise(seed=1))
    assert not torch.equal(regressor.scores(), best) and not regressor.maybe_save_best(0.5)
    regressor.load_best()
    assert torch.equal(regressor.scores(), best)


CONFIG = TrainingConfig(epochs=4, batch_size=16, lr=1e-3, device="cpu", progress=False, seed=3)


def trained(tmp_path=None, config=CONFIG, resume=False, **options):
    model, generator = make_model(), torch.Generator().manual_seed(0)
    torch.manual_seed(1)
    regressor = MagnitudeEdgeRegressor(
        model, make_graph(), weight_map="LassoLinearRELU", dropout=0.2, **options
    )
    x, y = torch.randn(50, 1, generator=generator), torch.randn(50, 2, generator=generator)
    fit(
        model,
        x,
        y,
        config,
        callbacks=[regressor.callback(HELD_OUT)],
        checkpoint_dir=tmp_path,
        resume=resume,
    )
    return regressor


def test_joint_training_with_a_map_resumes_with_the_same_bits(tmp_path):
    whole = trained()
    trained(tmp_path, replace(CONFIG, epochs=2))
    resumed = trained(tmp_path, resume=True)
    assert torch.equal(settled_weight(resumed), settled_weight(whole))
    whole.load_best()
    resumed.load_best()
    assert torch.equal(settled_weight(resumed), settled_weight(whole))


def test_p_values_do_not_depend_on_the_map():
    free, mapped = made_up(), made_up("NonNegativeLinear")
    for regressor in (free, mapped):
        regressor.show(*noise())
    assert torch.equal(free.p_values(), mapped.p_values())
    assert free.p_values().isfinite().all()


def test_too_few_samples_give_nan_with_a_map_too():
    regressor = made_up("NonNegativeLinear")
    regressor.show(*noise(n=4))
    assert regressor.p_values().isnan().all()


def test_options_reach_the_map():
    regressor = made_up(
        "DampedSkewSymmetricLinear", weight_map_options={"sigma_min": 2.0, "sigma_max": 3.0}
    )
    diagonal = settled_weight(regressor).diagonal()
    assert ((diagonal >= 2) & (diagonal <= 3)).all()
    assert type(map_of(made_up("NonNegativeLinear"))) is NonNegativeLinear
    assert type(map_of(made_up("LassoLinear", torch.float64))) is LassoLinear
    assert made_up("LassoLinear", torch.float64).weight.dtype == torch.float64


def test_wrong_maps_are_refused():
    with pytest.raises(ConfigError, match="close: 'NonNegativeLinear'"):
        made_up("NonNegativLinear")
    with pytest.raises(ConfigError, match="nothing to train"):
        made_up("IdentityLinear")
    with pytest.raises(TypeError, match="gama"):
        made_up("LassoLinear", weight_map_options={"gama": 0.1})
    graph = make_graph([*FUNCTIONS, "pkc"])
    with pytest.raises(ConfigError, match="divisible by 2"):
        MagnitudeEdgeRegressor(
            GSNN.from_data(graph, channels=2, layers=2),
            graph,
            weight_map="SchurDecompositionLinear",
        )
