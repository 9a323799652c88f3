"""The network and the gate that act on every function alike."""

import torch

from edgelab.models._node_layers import NodeGate, NodeMLP

HIDDEN = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(0))


def test_the_network_treats_every_function_and_sample_alike():
    layer = NodeMLP(3, 8, torch.nn.ELU, 0.0)
    result = layer(HIDDEN)
    for node in range(5):
        for sample in range(4):
            torch.testing.assert_close(
                result[node, :, sample], layer.layers(HIDDEN[node, :, sample])
            )


def test_the_network_replaces_what_came_in():
    layer = NodeMLP(3, 8, torch.nn.ELU, 0.0)
    with torch.no_grad():
        for parameter in layer.layers[4].parameters():
            parameter.zero_()
    assert (layer(HIDDEN) == 0).all()


def test_the_gate_is_one_number_per_function_and_sample():
    layer = NodeGate(3, 8, 0.0)
    gate = layer(HIDDEN) / HIDDEN
    torch.testing.assert_close(gate, gate[:, :1].expand_as(gate))
    assert ((gate > 0) & (gate < 1)).all()
    torch.testing.assert_close(gate[2, 0, 1], layer.logits(HIDDEN[2, :, 1]).sigmoid().squeeze())


def test_dropout_acts_in_training_only():
    for layer in (NodeMLP(3, 8, torch.nn.ELU, 0.5), NodeGate(3, 8, 0.5)):
        torch.manual_seed(0)
        assert not torch.equal(layer.train()(HIDDEN), layer(HIDDEN))
        assert torch.equal(layer.eval()(HIDDEN), layer(HIDDEN))


def test_both_sit_in_the_model_after_the_norm(small_model, small_x):
    model = small_model(node_mlp=True, node_attn=True, node_mlp_hidden=6)
    with model.capture() as before:
        model(small_x)
    with model.capture("post_norm") as after:
        model(small_x)
    block, inward = model.blocks[0], model.wiring.inward
    ranked = before.activations[0].permute(1, 2, 0)[inward.node_of_rank]
    expected = block.node_gate(block.node_mlp(block.nonlin(block.norm(ranked))))[
        inward.rank_of_node
    ]
    torch.testing.assert_close(after.activations[0], expected.permute(2, 0, 1).detach())
