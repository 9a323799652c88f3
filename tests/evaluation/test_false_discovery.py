import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from edgelab.evaluation import _false_discovery as false_discovery
from edgelab.evaluation import bh_qvalues, bh_qvalues_within

TINY = 1e-300  # subnormal numbers have few digits
P_VALUES = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.5, 1.0])), min_size=1, max_size=40
).map(np.array)


def test_hand_computed_family():
    # 0.01 * 4/1, 0.02 * 4/2, 0.03 * 4/3 are all 0.04; 0.9 * 4/4.
    np.testing.assert_allclose(
        bh_qvalues(np.array([0.03, 0.9, 0.01, 0.02])), [0.04, 0.9, 0.04, 0.04]
    )


@given(P_VALUES)
def test_agrees_with_scipy(p_value):
    np.testing.assert_allclose(
        bh_qvalues(p_value), false_discovery_control(p_value), rtol=1e-12, atol=TINY
    )


@given(P_VALUES)
def test_q_values_never_below_p_and_keep_their_order(p_value):
    q_value = bh_qvalues(p_value)
    assert np.all((q_value >= p_value * (1 - 1e-12) - TINY) & (q_value <= 1))
    assert np.all(np.diff(q_value[np.argsort(p_value)]) >= 0)


@given(P_VALUES)
def test_presorted_p_values_get_the_same_q_values(p_value):
    order = np.argsort(p_value)
    np.testing.assert_array_equal(bh_qvalues(p_value[order]), bh_qvalues(p_value)[order])


@given(P_VALUES, st.integers(0, 5))
def test_nan_takes_no_part(p_value, n_missing):
    q_value = bh_qvalues(np.concatenate([p_value, np.full(n_missing, np.nan)]))
    np.testing.assert_array_equal(q_value[: p_value.size], bh_qvalues(p_value))
    assert np.isnan(q_value[p_value.size :]).all()


def test_no_test_at_all():
    assert np.isnan(bh_qvalues(np.array([np.nan, np.nan]))).all()
    assert bh_qvalues(np.empty(0)).size == 0


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@given(p_value=P_VALUES)
def test_the_streamed_form_gives_the_same(chunk, p_value):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(false_discovery, "CHUNK", chunk)
        few = np.append(p_value[::2], np.nan)
        expected = np.append(bh_qvalues(p_value)[::2], np.nan)
        np.testing.assert_allclose(
            bh_qvalues_within(few, p_value.copy()), expected, rtol=1e-12, atol=TINY
        )
