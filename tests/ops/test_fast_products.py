import pytest
import torch

from edgelab.ops import product_dtype, squared_error_and_slope


def operands(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(shape, generator=generator, dtype=dtype) for shape in ((7, 4), (7, 3), (4, 3))
    ]


def test_slope_is_the_derivative():
    source, target, weight = operands()
    weight.requires_grad_()
    expected = (source @ weight - target).square().sum()
    expected.backward()
    loss, slope = squared_error_and_slope(source, target, weight.detach(), torch.float64)
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(slope, weight.grad)


def test_bfloat16_is_close():
    source, target, weight = operands(torch.float32)
    exact, rounded = (
        squared_error_and_slope(source, target, weight, kind)[1]
        for kind in (torch.float32, torch.bfloat16)
    )
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, atol=0.05 * exact.abs().max().item(), rtol=0)


@pytest.mark.parametrize(("dtype", "nodes"), [(torch.float64, 9000), (torch.float32, 100)])
def test_small_or_exact_products_keep_their_type(dtype, nodes):
    assert product_dtype(torch.device("cpu"), dtype, nodes) == dtype


def test_large_products_follow_the_processor(monkeypatch):
    for native, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(
            torch.cpu,
            "get_capabilities",
            lambda native=native: {"avx512_bf16": native},
            raising=False,
        )
        assert product_dtype(torch.device("cpu"), torch.float32, 9000) == expected
