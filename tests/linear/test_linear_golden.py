"""Numbers computed by two independent implementations, in float64."""

import json
from pathlib import Path

import pytest
import torch

from edgelab.linear import Hprod, IdentityGradReLU, maps, unbounded

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "linear_maps.json").read_text())
CASES = GOLDEN["cases"]
TOLERANCE = {"atol": 1e-10, "rtol": 0}


def array(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def raw_parameters(case: dict, layer) -> dict[str, torch.Tensor]:
    """Give the golden parameters the names and the form that our raw parameters have."""
    given = {name: array(values) for name, values in case["params"].items()}
    if (
        case["cls"] == "DampedSkewSymmetricLinear"
    ):  # golden: the damping itself, ours: the free number behind it
        given["gamma"] = unbounded(given["gamma"], layer.sigma_min, layer.sigma_max)
    if (
        case["cls"] == "StableSplitLinear"
    ):  # a scaling of a fixed row sum has no effect, ours has none
        del given["B.scaling"]
    if "sigma" in given:  # golden: a column with unused entries
        given["sigma"] = given["sigma"].flatten()[: layer.sigma.numel()]
    if "Gl2" in given:
        given["Gl2"] = given["Gl2"].reshape(layer.Gl2.shape)
    return given


def golden_map(case: dict, bias: bool):
    layer = maps[case["cls"]](
        case["insize"], case["outsize"], bias=bias, dtype=torch.float64, **case["kwargs"]
    )
    raw = raw_parameters(case, layer)
    if bias:
        raw["bias"] = array(case["bias"])
    if raw.keys() or case["cls"] != "IdentityInitLinear":
        ours = dict(layer.named_parameters())
        missing = (
            ours.keys()
            - raw.keys()
            - ({"weight"} if case["cls"] == "IdentityInitLinear" else set())
        )
        assert not missing
        layer.load_state_dict(
            {name: values.reshape(ours[name].shape) for name, values in raw.items()}, strict=False
        )
    return layer.eval()


def case_id(case: dict) -> str:
    options = ",".join(f"{name}={value}" for name, value in case["kwargs"].items())
    return f"{case['cls']}-{case['insize']}x{case['outsize']}-{options}"


@pytest.fixture(params=CASES, ids=case_id)
def case(request) -> dict:
    return request.param


def test_matrix_and_image(case):
    layer = golden_map(case, bias=False)
    torch.testing.assert_close(layer.effective_W(), array(case["effective_W"]), **TOLERANCE)
    torch.testing.assert_close(layer(array(case["x"])), array(case["y_nobias"]), **TOLERANCE)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["cls"] != "TrivialNullSpaceLinear"], ids=case_id
)
def test_image_with_bias(case):
    layer = golden_map(case, bias=True)
    torch.testing.assert_close(layer(array(case["x"])), array(case["y_bias"]), **TOLERANCE)
    torch.testing.assert_close(layer.effective_W(), array(case["effective_W"]), **TOLERANCE)


def test_regularisation_error(case):
    layer = golden_map(case, bias=False)
    torch.testing.assert_close(
        layer.reg_error(), array(case["reg_error_intended"]), atol=1e-10, rtol=1e-12
    )


def test_spectrum(case):
    layer = golden_map(case, bias=False)
    singular_values = torch.linalg.svdvals(layer.effective_W())
    torch.testing.assert_close(
        singular_values, array(case["singular_values"]).sort(descending=True)[0], **TOLERANCE
    )
    if case["insize"] == case["outsize"]:
        expected = torch.complex(array(case["eigenvalues_re"]), array(case["eigenvalues_im"]))
        distance = (layer.eig()[:, None] - expected).abs()
        # Eigenvalues that coincide are known to the square root of the precision only.
        assert max(distance.amin(0).max(), distance.amin(1).max()) < 1e-7


def test_gates_drawn_from_given_noise():
    for case in (case for case in CASES if case["cls"] == "L0Linear"):
        layer = golden_map(case, bias=False).train()
        noise = array(case["train_noise_u"])
        layer.get_eps = lambda size, noise=noise: noise
        expected = array(case["effective_W_train_given_u"])
        torch.testing.assert_close(layer.effective_W(), expected, **TOLERANCE)


@pytest.mark.parametrize("case", GOLDEN["Hprod"], ids=lambda case: f"k={case['k']}")
def test_single_reflection(case):
    image = Hprod(array(case["x"]), array(case["u"]), case["k"])
    torch.testing.assert_close(image, array(case["y"]), **TOLERANCE)


def test_relu_with_identity_gradient():
    case = GOLDEN["IdentityGradReLU"]
    x = array(case["x"]).requires_grad_()
    y = IdentityGradReLU.apply(x)
    y.backward(array(case["grad_out"]))
    torch.testing.assert_close(y.detach(), array(case["y"]), **TOLERANCE)
    torch.testing.assert_close(x.grad, array(case["grad_in"]), **TOLERANCE)


def test_every_map_has_a_golden_case():
    assert {case["cls"] for case in CASES} == set(maps)
