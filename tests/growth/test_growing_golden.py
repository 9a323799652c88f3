"""Reference numbers of a small chain: statistics, updates, line search, normalisation, rescaling,
counts.
"""

import pytest
import torch
from torch import nn

from edgelab.growth import LinearGrowingModule, LinearMergeGrowingModule

TIGHT = {"atol": 1e-9, "rtol": 1e-9}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture(params=["bias", "nobias"])
def case(request, example, golden):
    made = example(use_bias=request.param == "bias")
    made.count(use_fisher=True)
    return made, golden["golden"][request.param]


def assert_same(actual, expected):
    torch.testing.assert_close(actual.to(torch.float64), tensor(expected), **TIGHT)


def test_statistics(case):
    made, expected = case
    layer = made.second
    assert made.plain_loss() == pytest.approx(expected["loss_sum"], rel=1e-12)
    assert_same(layer.tensor_s(), expected["S_l2"])
    assert_same(layer.tensor_m(), expected["M_l2"])
    assert_same(layer.tensor_m_prev(), expected["M_prev"])
    assert_same(layer.cross_covariance(), expected["cross_covariance_P"])
    assert_same(layer.tensor_s_growth(), expected["S_growth(=S of l1 input)"])
    assert_same(layer.covariance_loss_gradient(), expected["E_cov_loss_gradient"])
    assert layer.tensor_s.samples == expected["samples"]


def test_delta(case):
    made, expected = case
    weight, bias, decrease = made.second.compute_optimal_delta()
    assert_same(weight, expected["delta_weight"])
    assert (bias is None) == (expected["delta_bias"] is None)
    assert_same(made.second.delta_raw, expected["delta_raw"])
    assert decrease.item() == pytest.approx(expected["parameter_update_decrease"], rel=1e-9)
    assert_same(made.second.tensor_n, expected["N"])
    assert_same(made.second.projected_v_goal(made.second.input), expected["projected_v_goal"])
    total, samples = made.second.compute_n_update()
    assert_same(total / samples, expected["N"])


def test_extension_line_search_and_application(case):
    made, expected = case
    made.second.compute_optimal_updates()
    omega = tensor(expected["omega(extended_input_layer.weight)"])
    made.take_reference_signs(omega)
    assert_same(made.second.eigenvalues_extension, expected["eigenvalues_extension"])
    assert_same(made.second.extended_input_layer.weight, omega.tolist())
    assert_same(
        made.first.extended_output_layer.weight,
        expected["alpha_weight(prev.extended_output_layer.weight)"],
    )
    assert made.second.improvement_after_delta.item() == pytest.approx(
        expected["first_order_improvement"], rel=1e-9
    )
    for scaling, point in expected["line_search_scaling_factor"].items():
        assert made.extended_loss(float(scaling)) == pytest.approx(
            point["ext_forward_loss_sum"], rel=1e-9
        )
    made.second.reset_computation()
    made.second.apply_change(scaling_factor=0.5)
    after = expected["after_apply_0.5"]
    assert_same(made.first.weight.detach(), after["W1"])
    assert_same(made.second.weight.detach(), after["W2"])
    assert made.plain_loss() == pytest.approx(after["loss_sum"], rel=1e-9)
    assert made.second.in_neurons == after["in_neurons"] == made.first.out_features


@pytest.mark.parametrize(
    "name", ["GradMax", "no_projection", "max1", "ignore_sv", "fisher", "stat_thr_big"]
)
def test_variants(name, example, golden):
    expected = golden["golden"]["variants"][name]
    made = example(activation=nn.Tanh() if name == "GradMax" else None)
    if (
        name == "GradMax"
    ):  # the reference's neurons read nothing; a smooth activation leaves them like that
        made.first.post_layer_function = nn.ReLU()
    made.count(use_fisher=True)
    arguments = dict(expected["kwargs"])
    if name == "stat_thr_big":  # thresholds are shares of the largest here
        arguments = {"statistical_threshold": 0.5}
    made.second.compute_optimal_updates(**arguments)
    made.take_reference_signs(tensor(expected["omega"]))
    assert_same(made.second.eigenvalues_extension, expected["eigenvalues"])
    assert_same(made.second.extended_input_layer.weight, expected["omega"])
    if name != "GradMax":
        assert_same(made.first.extended_output_layer.weight, expected["alpha"])
        assert_same(made.first.extended_output_layer.bias, expected["alpha_bias"])
    promised = float(made.second.improvement_after_delta)
    assert promised == pytest.approx(expected["first_order_improvement"], rel=1e-9)
    assert (made.second.optimal_delta_layer is None) == expected["delta_layer_none"]


def normalisations(golden):
    return {
        name: case
        for name, case in golden["golden"]["normalize"].items()
        if not name.startswith("_")
    }


def test_normalisations(example, golden):
    for name, expected in normalisations(golden).items():
        kind, target, *rest = name.split("|")
        target = target.removeprefix("std_target=")
        made = example()
        made.count()
        made.second.compute_optimal_updates()
        made.take_reference_signs(
            tensor(golden["golden"]["bias"]["omega(extended_input_layer.weight)"])
        )
        scale = float(rest[0].split(":")[1].strip(" }")) if rest else 1.0
        made.second.normalize_optimal_updates(
            None if target == "None" else float(target), kind, scale
        )
        assert_same(made.second.extended_input_layer.weight, expected["omega_after"])
        assert_same(made.first.extended_output_layer.weight, expected["alpha_after"])
        assert_same(made.second.optimal_delta_layer.weight, expected["delta_after"])
        assert_same(made.second.eigenvalues_extension, expected["eig_after"])
        assert float(made.second.parameter_update_decrease) == pytest.approx(
            expected["decrease_after"]
        )
        assert made.second.improvement_after_delta.item() == pytest.approx(expected["foi_after"])


@pytest.mark.parametrize(
    "rescaling", ["default_vt", "vt_constraint_old_shape", "vt_constraint_new_shape"]
)
@pytest.mark.parametrize("size", [2, 4])
def test_rescaling(rescaling, size, example, golden):
    expected = golden["golden"]["rescaling"][f"{rescaling}|ext={size}"]
    made = example()
    before = [
        parameter.clone() for layer in (made.first, made.second) for parameter in layer.parameters()
    ]
    made.second.apply_rescaling(rescaling, extension_size=size)
    after = [*made.first.parameters(), *made.second.parameters()]
    for old, new, factor in zip(
        before, after, [expected["alpha"]] * 2 + [expected["beta"]] * 2, strict=True
    ):
        torch.testing.assert_close(new, old * factor)


def test_counts_of_neurons(golden):
    for name, expected in golden["golden"]["counts"].items():
        if not name.startswith("initial"):
            continue
        numbers = dict(part.split("=") for part in name.split(","))
        layer = LinearGrowingModule(
            int(numbers["initial"]), 2, target_in_neurons=int(numbers["target"])
        )
        assert layer.missing_neurons() == expected["missing"]
        assert (
            layer.number_of_neurons_to_add(number_of_growth_steps=int(numbers["steps"]))
            == expected["to_add"]
        )


def test_slopes_of_activations(golden):
    for name, expected in golden["golden"]["activation_gradient"].items():
        first = LinearGrowingModule(1, 1, post_layer_function=getattr(nn, name)())
        slope = LinearGrowingModule(1, 1, previous_module=first).activation_gradient
        assert float(slope) == pytest.approx(expected["value"], rel=1e-5)


def test_statistics_of_weights(example, golden):
    expected = golden["golden"]["weights_statistics_l2"]
    found = example().second.weights_statistics()
    assert {name: pytest.approx(values) for name, values in found.items()} == expected


def test_merge(golden):
    expected = golden["merge"]
    given = {name: tensor(values) for name, values in expected["inputs"].items()}
    left, right = (LinearGrowingModule(n_in, 4, dtype=torch.float64) for n_in in (3, 2))
    merge = LinearMergeGrowingModule([left, right], post_merge_function=nn.ReLU())
    after = LinearGrowingModule(4, 2, previous_module=merge, dtype=torch.float64)
    with torch.no_grad():
        for layer, name in ((left, "A"), (right, "B"), (after, "C")):
            layer.weight.copy_(given["W" + name])
            layer.bias.copy_(given["b" + name])
    merge.init_computation()
    (after(merge(left(given["XA"]), right(given["XB"]))) - given["Y"]).square().sum().backward()
    merge.update_computation()
    assert_same(merge.activity_s(), expected["S_merge"])
    assert_same(merge.previous_tensor_s(), expected["S_prev(all inputs, order A|1|B|1)"])
    assert_same(merge.previous_tensor_m(), expected["M_prev"])
    changes, decrease = merge.compute_optimal_delta()
    assert decrease.item() == pytest.approx(expected["decrease"], rel=1e-9)
    for (weight, bias), (expected_weight, expected_bias) in zip(
        changes, expected["deltas"], strict=True
    ):
        assert_same(weight, expected_weight)
        assert_same(bias, expected_bias)
