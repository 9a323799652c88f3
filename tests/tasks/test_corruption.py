import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import ConfigError
from edgelab.tasks import Corruption, HideMeasurements, hide


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def samples(n_samples=200, n_inputs=7, n_outputs=4, seed=1):
    made = torch.randn(n_samples, n_inputs + n_outputs, generator=generator(seed))
    return made[:, :n_inputs], made[:, n_inputs:]


COLUMNS = (6, 2, 3, 5)


def test_by_hand():
    x, y = torch.tensor([[9.0, 8.0, 7.0], [9.0, 8.0, 7.0]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    batch = hide(x, y, torch.tensor([[True, False], [False, True]]), (2, 0))
    assert batch.x.tolist() == [[2.0, 8.0, 0.0], [0.0, 8.0, 3.0]]
    assert batch.weight.tolist() == [[1.0, 0.0], [0.0, 1.0]] and batch.y is y
    assert x[0].tolist() == [9.0, 8.0, 7.0]


@settings(max_examples=30)
@given(
    st.integers(0, 2**31), st.floats(0.05, 0.95), st.sampled_from([1e3, float("inf"), float("nan")])
)
def test_hidden_values_never_reach_the_inputs(seed, fraction, other):
    corruption = HideMeasurements(fraction, COLUMNS)
    x, y = samples(30)
    one = corruption(x, y, generator(seed))
    hidden = one.weight.bool()
    changed_x, changed_y = x.clone(), torch.where(hidden, torch.tensor(other), y)
    changed_x[:, list(COLUMNS)] = changed_y
    two = corruption(changed_x, changed_y, generator(seed))
    assert torch.equal(one.x, two.x) and torch.equal(one.weight, two.weight)


def test_no_prediction_that_counts_feels_its_own_value():
    x, y = samples(20)
    y = y.clone().requires_grad_()
    batch = HideMeasurements(0.4, COLUMNS)(x, y, generator())
    # Any map of the corrupted inputs; this one links every input with every output.
    prediction = torch.tanh(batch.x @ torch.randn(7, 4, generator=generator(2)))
    for output in range(4):
        (felt,) = torch.autograd.grad(prediction[:, output].sum(), y, retain_graph=True)
        assert torch.equal(felt[:, output] == 0, batch.weight[:, output] == 1)


def test_visible_values_reach_their_column_and_weigh_nothing():
    x, y = samples()
    batch = HideMeasurements(0.3, COLUMNS)(x, y, generator())
    assert set(batch.weight.unique().tolist()) == {0.0, 1.0}
    for output, column in enumerate(COLUMNS):
        hidden = batch.weight[:, output] == 1
        assert torch.equal(batch.x[~hidden, column], y[~hidden, output])
        assert (batch.x[hidden, column] == 0).all()
    untouched = [column for column in range(7) if column not in COLUMNS]
    assert torch.equal(batch.x[:, untouched], x[:, untouched])


def test_the_fraction_is_the_one_asked_for():
    x, y = samples(20_000)
    weight = HideMeasurements(0.3, COLUMNS)(x, y, generator()).weight
    # Standard error .0016 for each output and each output alike.
    assert (weight.mean(dim=0) - 0.3).abs().max() < 0.015
    assert abs(torch.corrcoef(weight.T)[0, 1]) < 0.03


def test_what_is_hidden_depends_on_seed_and_row_only():
    corruption = HideMeasurements(0.3, COLUMNS)
    x, y = samples(64)
    whole = corruption(x, y, generator(5)).weight
    assert torch.equal(corruption(2 * x, y - 1, generator(5)).weight, whole)
    for n_rows in (1, 3, 17):
        assert torch.equal(corruption(x[:n_rows], y[:n_rows], generator(5)).weight, whole[:n_rows])
    assert not torch.equal(corruption(x, y, generator(6)).weight, whole)


def test_a_generator_goes_on():
    corruption, stream, (x, y) = HideMeasurements(0.3, COLUMNS), generator(), samples(64)
    assert not torch.equal(corruption(x, y, stream).weight, corruption(x, y, stream).weight)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_dtype_follows_the_samples(dtype):
    x, y = samples()
    batch = HideMeasurements(0.3, COLUMNS)(x.to(dtype), y.to(dtype), generator())
    assert {batch.x.dtype, batch.y.dtype, batch.weight.dtype} == {dtype}


def test_it_is_a_corruption_that_can_be_compared():
    assert isinstance(HideMeasurements(0.3, COLUMNS), Corruption)
    assert (
        HideMeasurements(0.3, COLUMNS)
        == HideMeasurements(0.3, COLUMNS)
        != HideMeasurements(0.4, COLUMNS)
    )


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_bad_fractions(fraction):
    with pytest.raises(ConfigError, match=r"hidden_fraction must lie in \(0, 1\)"):
        HideMeasurements(fraction, COLUMNS)


@pytest.mark.parametrize("columns", [(), (1, 1), (-1, 2)])
def test_bad_columns(columns):
    with pytest.raises(ConfigError, match="input_columns must be distinct"):
        HideMeasurements(0.3, columns)


def test_samples_that_do_not_fit():
    x, y = samples()
    with pytest.raises(ConfigError, match="y has 3 columns and x 7"):
        HideMeasurements(0.3, COLUMNS)(x, y[:, :3], generator())
    with pytest.raises(ConfigError, match="y has 4 columns and x 6"):
        HideMeasurements(0.3, COLUMNS)(x[:, :6], y, generator())
