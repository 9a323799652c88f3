"""What blocks show of a batch, against numbers worked out by hand."""

import pytest
import torch
from torch import nn

from edgelab.errors import CaptureError, DataError
from edgelab.graphs import build_graph
from edgelab.models import GSNN, block_signals, evaluation_mode, placed_batch
from edgelab.ops import Batch


@pytest.fixture
def chain():
    """Two layers of drug → raf (weight 2) → level (weight 3), nothing but the weights."""
    graph = build_graph([], input_edges=[("drug", "raf")], output_edges=[("raf", "level")])
    model = GSNN.from_data(
        graph,
        channels=1,
        layers=2,
        norm="none",
        nonlin=nn.Identity,
        bias=False,
        add_function_self_edges=False,
        dtype=torch.float64,
    )
    with torch.no_grad():
        model.blocks[0].lin_in.weight.fill_(2.0)
        model.blocks[0].lin_out.weight.fill_(3.0)
    return model


def batch_of(x: float, y: float) -> Batch:
    return Batch(torch.tensor([[x]]).double(), torch.tensor([[y]]).double())


def test_values_and_gradients_by_hand(chain):
    # In both layers raf hears 2 · 1 = 2 and sends 3 · 2 = 6; the level reads (6 + 6) / √2 = 6√2.
    (signals,) = block_signals(chain, [batch_of(1.0, 0.0)], edge_states=True)
    assert signals.n_samples == 1
    assert signals.loss == pytest.approx(72)
    assert signals.prediction_gradient.item() == pytest.approx(2 * 6 * 2**0.5)
    assert [value.item() for value in signals.values] == [2, 2]
    # 12√2 at the prediction, / √2 on the way to the edge, · 3 through the weight.
    assert [gradient.item() for gradient in signals.gradients] == pytest.approx([36, 36])
    assert [sent.item() for sent in signals.sent] == [2, 2]
    rows = chain.wiring.row_of_edge
    assert [state[rows].flatten().tolist() for state in signals.entering] == [[1, 0], [1, 6]]
    of_edges = [gradient[rows].flatten().tolist() for gradient in signals.edge_gradients]
    assert of_edges == [pytest.approx([72, 12]), pytest.approx([0, 12])]


def test_losses_are_summed_so_that_a_batch_is_the_sum_of_its_samples(chain):
    batch = Batch(torch.tensor([[1.0], [2.0], [-1.0]]), torch.tensor([[0.0], [5.0], [1.0]]))
    (whole,) = block_signals(chain, [batch])
    parts = list(
        block_signals(chain, [tuple(part.split(1)[i] for part in batch[:2]) for i in range(3)])
    )
    assert whole.loss == pytest.approx(sum(part.loss for part in parts))
    torch.testing.assert_close(whole.gradients[0], torch.cat([part.gradients[0] for part in parts]))


def test_weights_of_entries_count(chain):
    weighted = batch_of(1.0, 0.0)._replace(weight=torch.tensor([[0.5]]))
    (signals,) = block_signals(chain, [weighted])
    assert signals.loss == pytest.approx(36)
    assert signals.gradients[0].item() == pytest.approx(18)


def test_stages_and_edge_states_are_shown_when_asked_for(chain):
    chain.blocks[0].nonlin = chain.blocks[1].nonlin = nn.Tanh()
    (before,) = block_signals(chain, [batch_of(1.0, 0.0)])
    (after,) = block_signals(chain, [batch_of(1.0, 0.0)], stage="post_norm")
    torch.testing.assert_close(before.values[0].tanh(), after.values[0])
    assert before.entering == before.sent == before.edge_gradients == []


def test_a_model_is_left_as_it_was(small_model, small_x):
    model = small_model(norm="batch", dropout=0.5).train()
    model.blocks[1].dropout.eval()
    model(small_x).sum().backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    for _ in block_signals(model, [(small_x, torch.zeros(4, 3))] * 2, edge_states=True):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), gradients, strict=True))
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    with pytest.raises(CaptureError, match="nothing captured"), model.capture() as cache:
        _ = cache.activations


def test_modes_come_back_when_a_batch_fails(small_model, small_x):
    model = small_model().train()
    with pytest.raises(DataError, match="`y` of a batch holds NaN"):
        list(block_signals(model, [(small_x, torch.full((4, 3), torch.nan))]))
    assert model.training


def test_empty_batches_are_left_out(chain):
    empty = Batch(torch.zeros(0, 1), torch.zeros(0, 1))
    assert [s.n_samples for s in block_signals(chain, [empty, batch_of(1.0, 0.0), empty])] == [1]


def test_a_model_without_a_capture_is_refused():
    with pytest.raises(CaptureError, match="Linear has no capture"):
        next(block_signals(nn.Linear(1, 1), []))


def test_batches_are_brought_to_the_model(chain, wrong_types):
    placed = placed_batch((torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1)), chain)
    assert {part.dtype for part in placed} == {torch.float64}
    assert placed_batch([torch.ones(1, 1), torch.ones(1, 1)], chain).weight is None
    with pytest.raises(DataError, match="tuples"):
        placed_batch((torch.ones(1, 1),), chain)


def test_every_part_gets_its_mode_back_after_an_error():
    model = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    with pytest.raises(ZeroDivisionError), evaluation_mode(model):
        raise ZeroDivisionError
    assert [model.training, *(part.training for part in model)] == [True, True, False]
