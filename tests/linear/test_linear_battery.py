"""One battery that every registered map passes: what `torch.nn.Linear` can do, every map can do."""

import copy
import inspect

import pytest
import torch
from torch import nn

import edgelab.linear
from edgelab.errors import ConfigError, DataError
from edgelab.linear import LinearBase, RowsLinear, SquareLinear, maps

NAMES = maps.names()
WITHOUT_BIAS = {"TrivialNullSpaceLinear"}
WITHOUT_PARAMETERS = {"IdentityLinear"}
OPTIONS = frozenset().union(*(maps[name].options for name in NAMES))
ABSTRACT = {LinearBase, RowsLinear, SquareLinear}
BASELINE_SIZES = [(6, 6), (4, 6), (6, 4), (1, 1), (2, 2), (1, 3), (3, 1)]


def can_have(name: str, insize: int, outsize: int) -> bool:
    if issubclass(maps[name], SquareLinear) and insize != outsize:
        return False
    if name in {"SchurDecompositionLinear", "SymplecticLinear"} and insize % 2:
        return False
    return not (name == "TrivialNullSpaceLinear" and insize > outsize)


def make(name: str, insize: int = 6, outsize: int = 6, bias: bool = True, **options) -> LinearBase:
    torch.manual_seed(0)
    return maps[name](insize, outsize, bias=bias and name not in WITHOUT_BIAS, **options)


SHAPED = [(name, *sizes) for name in NAMES for sizes in BASELINE_SIZES if can_have(name, *sizes)]


def test_no_map_is_missing_from_the_registry():
    public = {value for value in vars(edgelab.linear).values() if inspect.isclass(value)}
    assert {value for value in public if issubclass(value, LinearBase)} - ABSTRACT == {
        maps[name] for name in maps
    }
    assert all(maps[name].__name__ == name for name in maps)


def test_the_names_of_the_contract_are_public():
    contract = {*NAMES, "LinearBase", "SquareLinear", "Hprod", "IdentityGradReLU"}
    assert contract <= set(vars(edgelab.linear))


def test_every_map_lists_its_own_options():
    common = {"self", "insize", "outsize", "bias", "kwargs"}
    # What a map takes that leaves the constructor to its base.
    common |= {"provide_weights", "device", "dtype", "shared"}
    for name in NAMES:
        taken = set(inspect.signature(maps[name].__init__).parameters)
        assert maps[name].options == taken - common
    assert maps["SpectralLinear"].options == {
        "n_U_reflectors",
        "n_V_reflectors",
        "sigma_min",
        "sigma_max",
    }
    assert LinearBase.known_options() >= OPTIONS


def test_an_option_of_a_map_of_ones_own_is_known_from_then_on():
    with pytest.raises(TypeError, match="'sharpness_of_own_map'"):
        maps["Linear"](2, 2, sharpness_of_own_map=1.0)

    class Own(LinearBase):
        def __init__(self, insize, outsize, *, sharpness_of_own_map=1.0, **kwargs):
            super().__init__(insize, outsize, **kwargs)

        def effective_W(self):
            return self.weight

    assert Own.options == {"sharpness_of_own_map"}
    maps["Linear"](2, 2, sharpness_of_own_map=1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("name", "insize", "outsize"), SHAPED)
def test_forward_is_the_matrix_product_plus_bias(name, insize, outsize, dtype):
    layer = make(name, insize, outsize, dtype=dtype).eval()
    x = torch.randn(5, insize, dtype=dtype)
    matrix = layer.effective_W()
    assert matrix.shape == (insize, outsize)
    assert matrix.dtype == dtype
    expected = x @ matrix + (0 if layer.bias is None else layer.bias)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "insize", "outsize"), [shape for shape in SHAPED if max(shape[1:]) > 3]
)
def test_inputs_of_any_rank(name, insize, outsize):
    layer, reference = make(name, insize, outsize).eval(), nn.Linear(insize, outsize)
    x = torch.randn(2, 1, 3, insize)
    rows = torch.stack([layer(row) for row in x.reshape(-1, insize)])
    for given in (x, x[0], x[0, 0], x[0, 0, 0], x[:0], x[0, :, :0]):
        assert layer(given).shape == reference(given).shape
    torch.testing.assert_close(layer(x), rows.reshape(2, 1, 3, outsize), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        layer(x.transpose(0, 2)), layer(x).transpose(0, 2), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("name", NAMES)
def test_many_rows_give_the_same_as_few(name):
    layer = make(name, dtype=torch.float64).eval()
    x = torch.randn(30, 6, dtype=torch.float64)
    torch.testing.assert_close(layer(x), torch.cat([layer(part) for part in x.split(10)]))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_gradient(name):
    layer = make(name)
    x = torch.randn(5, 6, requires_grad=True)
    (layer(x).square().sum() + layer.reg_error()).backward()
    assert x.grad.isfinite().all()
    for parameter_name, parameter in layer.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
        assert parameter.numel() == 0 or parameter.grad.abs().max() > 0, parameter_name


@pytest.mark.parametrize("name", NAMES)
def test_gradient_agrees_with_finite_differences(name):
    layer = make(name, 4, 4, dtype=torch.float64).eval()
    if name == "SchurDecompositionLinear":
        nn.init.normal_(layer.T)
    names, values = (
        zip(*layer.named_parameters(), strict=True) if list(layer.parameters()) else ((), ())
    )
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)

    def image(x, *given):
        return torch.func.functional_call(layer, dict(zip(names, given, strict=True)), (x,))

    raw = [value.detach().clone().requires_grad_() for value in values]
    assert torch.autograd.gradcheck(image, (x, *raw), fast_mode=True)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_PARAMETERS])
def test_training_lowers_the_loss(name):
    layer = make(name).train()
    x, y = torch.randn(2, 40, 6)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
    losses = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = (layer(x) - y).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.parametrize("name", NAMES)
def test_calls_can_be_repeated_before_backward(name):
    layer = make(name)
    x = torch.randn(5, 6)
    layer(layer(x)).sum().backward() if any(p.requires_grad for p in layer.parameters()) else layer(
        layer(x)
    )


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_round_trip(name):
    layer, other = make(name).eval(), maps[name](6, 6, bias=name not in WITHOUT_BIAS).eval()
    other.load_state_dict(layer.state_dict())
    x = torch.randn(5, 6)
    assert torch.equal(layer(x), other(x))


@pytest.mark.parametrize("name", NAMES)
def test_deepcopy_is_equal_and_independent(name):
    layer = make(name).eval()
    x = torch.randn(5, 6)
    before = layer(x)
    twin = copy.deepcopy(layer)
    assert torch.equal(twin(x), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert torch.equal(layer(x), before)


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_changes_nothing_and_repeats_itself(name):
    layer = make(name).eval()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_(0, 3)
    x, before = torch.randn(5, 6), copy.deepcopy(layer.state_dict())
    assert torch.equal(layer(x), layer(x))
    assert all(torch.equal(layer.state_dict()[key], value) for key, value in before.items())


@pytest.mark.parametrize("name", NAMES)
def test_conversion_to_float64(name):
    layer = make(name).double().eval()
    x = torch.randn(5, 6, dtype=torch.float64)
    assert layer(x).dtype == layer.effective_W().dtype == layer.reg_error().dtype == torch.float64
    assert {parameter.dtype for parameter in layer.parameters()} <= {torch.float64}


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16(name):
    layer = make(name, dtype=torch.bfloat16).eval()
    assert {parameter.dtype for parameter in layer.parameters()} <= {torch.bfloat16}
    x = torch.randn(5, 6, dtype=torch.bfloat16)
    image = layer(x)
    assert image.dtype == layer.effective_W().dtype == layer.reg_error().dtype == torch.bfloat16
    precise = copy.deepcopy(layer).float()(x.float())
    torch.testing.assert_close(image.float(), precise, atol=0.1, rtol=0.1)
    if list(layer.parameters()):
        (image.sum() + layer.reg_error()).backward()


@pytest.mark.parametrize("name", NAMES)
def test_autocast(name):
    layer = make(name).eval()
    x = torch.randn(5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        image = layer(x)
        layer.reg_error()
    torch.testing.assert_close(image.float(), layer(x), atol=0.1, rtol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_device_is_honoured(name):
    # The meta device stands for any other: a tensor made on the wrong one raises.
    layer = make(name, device="meta")
    tensors = [*layer.parameters(), *layer.buffers()]
    assert layer.device.type == "meta"
    assert {tensor.device.type for tensor in tensors} <= {"meta"}
    x = torch.randn(5, 6, device="meta")
    assert (
        layer(x).device.type
        == layer.effective_W().device.type
        == layer.reg_error().device.type
        == "meta"
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", NAMES)
def test_gpu_agrees_with_cpu(name):
    layer = make(name, dtype=torch.float64).eval()
    x = torch.randn(5, 6, dtype=torch.float64)
    twin = copy.deepcopy(layer).cuda()
    image = twin(x.cuda())
    torch.testing.assert_close(image.cpu(), layer(x))
    torch.testing.assert_close(twin.reg_error().cpu(), layer.reg_error())
    if list(twin.parameters()):
        (image.sum() + twin.reg_error()).backward()
    assert make(name, device="cuda").train()(x.cuda().float()).is_cuda
    torch.testing.assert_close(twin.eig().abs().sort()[0].cpu(), layer.eig().abs().sort()[0])


@pytest.mark.parametrize("name", NAMES)
def test_eigenvalues_and_vectors(name):
    layer = make(name, dtype=torch.float64).eval()
    values, vectors = layer.eig(eigenvectors=True)
    assert values.is_complex() and vectors.is_complex()
    matrix = layer.effective_W().to(values.dtype)
    torch.testing.assert_close(matrix @ vectors, vectors * values, atol=1e-8, rtol=1e-8)
    alone = layer.eig()
    assert (alone[:, None] - values).abs().amin(1).max() < 1e-6
    if not can_have(name, 4, 6):
        return
    with pytest.raises(ConfigError, match="only a square map"):
        make(name, 4, 6).eig()


@pytest.mark.parametrize("name", NAMES)
def test_reg_error_is_a_scalar_that_is_never_negative(name):
    penalty = make(name).reg_error()
    assert penalty.shape == ()
    assert penalty >= 0


@pytest.mark.parametrize("name", NAMES)
def test_repr_shows_sizes(name):
    assert "insize=6, outsize=6" in repr(make(name))


@pytest.mark.parametrize("name", NAMES)
def test_bias_is_none_or_one_number_per_output(name):
    assert make(name, bias=False).bias is None
    if name in WITHOUT_BIAS:
        with pytest.raises(ConfigError, match="no bias"):
            maps[name](6, 6, bias=True)
    else:
        assert make(name, bias=True).bias.shape == (6,)


@pytest.mark.parametrize("name", NAMES)
def test_options_of_other_maps_are_ignored_but_misspelt_ones_are_not(name):
    own = inspect.signature(maps[name].__init__).parameters
    foreign = {option: object() for option in OPTIONS if option not in own}
    make(name, **foreign)
    with pytest.raises(TypeError, match="sigma_mn"):
        maps[name](6, 6, sigma_mn=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_sizes_and_inputs_are_refused(name):
    layer = make(name)
    for wrong in (torch.randn(5, 7), torch.randn(5, 5)):
        with pytest.raises(DataError, match="insize=6"):
            layer(wrong)
    for insize in (0, -2):
        with pytest.raises(ConfigError):
            maps[name](insize, insize)
    if issubclass(maps[name], SquareLinear):
        with pytest.raises(ValueError, match=r"Map must be square. insize=4 and outsize=6"):
            maps[name](4, 6)


@pytest.mark.parametrize(
    ("name", "insize", "outsize"),
    [
        (name, *sizes)
        for name in NAMES
        for sizes in [(1000, 10), (10, 1000), (100, 100)]
        if can_have(name, *sizes)
    ],
)
def test_outputs_start_on_the_scale_of_their_inputs(name, insize, outsize):
    with torch.no_grad():
        scale = make(name, insize, outsize, bias=False).eval()(torch.randn(64, insize)).std()
    # torch.nn.Linear gives 0.58. Orthogonal maps keep the scale; an averaging map must shrink it.
    averaging = {
        "RightStochasticLinear",
        "LeftStochasticLinear",
        "PerronFrobeniusLinear",
        "StableSplitLinear",
    }
    lowest = 0.0 if name in averaging or name in {"NonNegativeLinear", "SplitLinear"} else 0.02
    assert lowest < scale < 4
