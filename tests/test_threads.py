"""Small work takes one thread wherever it is called from, and gives back those that it found."""

import pytest
import torch
from threadpoolctl import threadpool_info
from torch import nn

from edgelab.datasets import sachs, threads_by_size
from edgelab.graphs import build_graph
from edgelab.growth import GrowingChain, LinearGrowingModule, grow, grow_gsnn
from edgelab.inference import EdgeGrowthScorer, MagnitudeEdgeInferer, MagnitudeEdgeRegressor
from edgelab.models import GSNN, block_signals
from edgelab.ops import Batch, one_thread, threads_for
from edgelab.perturbation.gradnet import GradNet
from edgelab.perturbation.gradnet import fit as fit_gradnet
from edgelab.refinement import edge_support
from edgelab.training import Hooks, Objective, TrainingConfig, evaluate_loss, fit, run_steps, train

# Three, because neither a default nor a limit is likely to be three by chance.
ALLOWED = 3
GRAPH = build_graph(
    [("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")], functions=["a", "b"]
)
X = torch.linspace(-1, 1, 20)[:, None]
CONFIG = TrainingConfig(epochs=1, device="cpu", progress=False)


@pytest.fixture(autouse=True)
def allowed_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(ALLOWED)
    yield
    torch.set_num_threads(before)


class Watch:
    """A criterion, a hook and a loss that notes how many threads there are when it is called."""

    def __init__(self):
        self.seen = set()

    def note(self, *_):
        self.seen.add(torch.get_num_threads())

    def criterion(self, prediction, target):
        self.note()
        return (prediction - target).square()

    def loss(self, module):
        def loss_of(_):
            self.note()
            return next(module.parameters()).square().sum()

        return loss_of


def small_model() -> GSNN:
    torch.manual_seed(0)
    return GSNN.from_data(GRAPH, channels=2, layers=3, norm="none")


def by_fit(watch):
    fit(small_model(), X, X, CONFIG, callbacks=[Hooks(after_backward_do=watch.note)])


def by_train(watch):
    module = nn.Linear(2, 2)
    objective = Objective(batches=lambda generator: [None], loss_of_batch=watch.loss(module))
    train(module, objective, CONFIG)


def by_run_steps(watch):
    module = nn.Linear(2, 2)
    run_steps([None], watch.loss(module), torch.optim.SGD(module.parameters(), lr=0.1))


def by_evaluate_loss(watch):
    evaluate_loss(small_model(), [Batch(X, X)], watch.criterion)


def by_block_signals(watch):
    list(block_signals(small_model(), [(X, X)], watch.criterion))


def by_magnitudes(watch):
    MagnitudeEdgeInferer(small_model(), GRAPH).fit([(X, X)], watch.criterion)


def by_edge_growth(watch):
    EdgeGrowthScorer(small_model(), GRAPH).fit([(X, X)], watch.criterion)


def by_regressor(watch):
    model = small_model()
    hooks = [MagnitudeEdgeRegressor(model, GRAPH).callback(), Hooks(after_backward_do=watch.note)]
    fit(model, X, X, CONFIG, callbacks=hooks)


def by_grow_gsnn(watch):
    grow_gsnn(small_model(), [(X, X)], 5, criterion=watch.criterion)


def by_grow(watch):
    chain = GrowingChain([LinearGrowingModule(1, 2), LinearGrowingModule(2, 1)])
    grow(chain, [(X, X)], watch.criterion, 1)


def by_edge_support(watch):
    model = small_model()
    model.register_forward_hook(watch.note)
    edge_support(model, Batch(X, X), 1)


def by_gradnet(watch):
    net = GradNet(3, budget=1.0)

    def loss(net):
        watch.note()
        return net().sum()

    fit_gradnet(net, loss, 1)


def by_a_job(watch):
    threads_by_size(lambda dataset: watch.note())(dataset=sachs())


@pytest.mark.parametrize(
    "work",
    [
        by_fit,
        by_train,
        by_run_steps,
        by_evaluate_loss,
        by_block_signals,
        by_magnitudes,
        by_edge_growth,
        by_regressor,
        by_grow_gsnn,
        by_grow,
        by_edge_support,
        by_gradnet,
        by_a_job,
    ],
)
def test_small_work_takes_one_thread_and_gives_the_others_back(work):
    watch = Watch()
    work(watch)
    assert watch.seen == {1}
    assert torch.get_num_threads() == ALLOWED


def test_large_work_keeps_what_the_caller_allows():
    with threads_for(1e12):
        assert torch.get_num_threads() == ALLOWED
    with one_thread(), threads_for(1e12):
        assert torch.get_num_threads() == 1


def test_blocks_may_be_nested_and_end_with_an_error():
    with pytest.raises(ZeroDivisionError), threads_for(1):
        with threads_for(2):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == ALLOWED


def test_pools_of_other_libraries_are_limited_too():
    def threads_of_blas():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = threads_of_blas()
    with threads_for(1):
        assert threads_of_blas() <= {1}
    assert threads_of_blas() == before


def test_a_run_fails_with_its_threads_given_back():
    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(small_model(), X, X, CONFIG, callbacks=[Hooks(after_step_do=fail)])
    assert torch.get_num_threads() == ALLOWED


def test_signals_do_not_keep_threads_from_the_loop_that_reads_them():
    for _ in block_signals(small_model(), [(X, X)] * 2):
        assert torch.get_num_threads() == ALLOWED
        break


def test_a_stated_work_decides():
    watch = Watch()
    module = nn.Linear(2, 2)
    objective = Objective(
        batches=lambda generator: [None], loss_of_batch=watch.loss(module), work=1e12
    )
    train(module, objective, CONFIG)
    assert watch.seen == {ALLOWED}


def test_threads_change_no_bit_of_a_small_model():
    def trained(threads):
        torch.set_num_threads(threads)
        model = small_model()
        fit(model, X, X, CONFIG)
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    assert torch.equal(trained(1), trained(ALLOWED))
