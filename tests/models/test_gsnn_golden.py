"""Models with given weights against numbers of another implementation (float32)."""

import json
from pathlib import Path

import pytest
import torch

from edgelab.models import GSNN

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "gsnn_models.json").read_text())
CASES = {case["id"]: case for case in GOLDEN["model_cases"]}
# The other implementation treats the mean and the deviation of its layer norm as constants: its
# gradients are not the true ones, only its predictions and activations can be compared.
WITHOUT_GRADIENTS = {"layer_norm"}
PREDICTION = {"rtol": 1e-5, "atol": 1e-5}
INSIDE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(params=CASES)
def case(request) -> dict:
    return CASES[request.param]


@pytest.fixture
def model(case) -> GSNN:
    index = {
        tuple(kind.split("/")): torch.tensor(pairs) for kind, pairs in GOLDEN["edge_index"].items()
    }
    model = GSNN(index, GOLDEN["node_names"], **case["args"])
    for block, given in zip(model.blocks, case["blocks"], strict=True):
        load_block(block, given)
    return model.train(case["train"])


def load_block(block: torch.nn.Module, given: dict) -> None:
    for layer, name in ((block.lin_in, "lin_in"), (block.lin_out, "lin_out")):
        bias = given.get(f"{name}_bias")
        layer.load_coo(
            torch.tensor(given[f"{name}_index"]),
            torch.tensor(given[name]),
            None if bias is None else torch.tensor(bias),
        )
    with torch.no_grad():
        block.residual_weight.fill_(given["residual_weight"])
        for ours, theirs in (("weight", "gamma"), ("bias", "beta")):
            values = given["norm_params"].get(theirs, given["norm_params"].get(ours))
            if values is not None:
                getattr(block.norm, ours).copy_(torch.tensor(values).flatten())


def test_edges_are_numbered_as_documented(case, model):
    assert model.edges == [tuple(edge) for edge in case["edges"]]


def test_norm_parameters_were_all_used(case, model):
    for block, given in zip(model.blocks, case["blocks"], strict=True):
        assert len(given["norm_params"]) == len(list(block.norm.parameters()))


def test_predictions(case, model):
    torch.testing.assert_close(
        model(torch.tensor(case["x"])), torch.tensor(case["prediction"]), **PREDICTION
    )


def test_activations_and_gradients_of_the_summed_squared_error(case, model):
    with model.capture() as cache:
        error = (model(torch.tensor(case["x"])) - torch.tensor(case["y"])).square().sum()
        error.backward()
    assert error.item() == pytest.approx(case["sum_squared_error"], rel=1e-5)
    torch.testing.assert_close(cache.activations, torch.tensor(case["activation"]), **INSIDE)
    if case["id"] not in WITHOUT_GRADIENTS:
        torch.testing.assert_close(cache.gradients, torch.tensor(case["gradient"]), **INSIDE)


def test_coordinates_round_trip_in_any_order(case, model):
    for block in model.blocks:
        for layer in (block.lin_in, block.lin_out):
            index, values, bias = layer.to_coo()
            shuffled = torch.randperm(len(values))
            with torch.no_grad():
                layer.weight.fill_(torch.nan)
            layer.load_coo(index[:, shuffled], values[shuffled], bias)
            torch.testing.assert_close(layer.to_coo()[1], values, rtol=0, atol=0)
    torch.testing.assert_close(
        model(torch.tensor(case["x"])), torch.tensor(case["prediction"]), **PREDICTION
    )
