"""Double knockouts: sums of effects by hand, and nothing learnt from what is asked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset, take_samples
from edgelab.errors import DataError
from edgelab.responses import CopySettings, EnsembleSettings, predict_double_knockouts


def knockouts(rows, responses) -> Dataset:
    genes = ["g1", "g2", "g3"]
    return Dataset(
        name="toy",
        source="by hand",
        edges=pd.DataFrame({"source": ["g1", "g2"], "target": ["g3", "g3"]}),
        input_edges=pd.DataFrame({"source": genes, "target": genes}),
        output_edges=pd.DataFrame({"source": genes, "target": genes}),
        x=pd.DataFrame(rows, columns=genes, dtype=float),
        y=pd.DataFrame(responses, columns=genes, dtype=float),
        condition=pd.Series([str(row) for row in rows]),
    )


SINGLE = knockouts(
    [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0.1, 1, 0.9], [1, 0, 0.5], [1, 1, 0]],
)
DOUBLE = knockouts([[1, 1, 0], [0, 1, 1]], [[0, 0, 0.1], [0.9, 0, 0]])
FEW_STEPS = EnsembleSettings(members=2, copies=CopySettings(layers=3, epochs=10, every=10))


def test_sums_of_effects_by_hand():
    found = predict_double_knockouts(SINGLE, DOUBLE, settings=FEW_STEPS).predictions
    np.testing.assert_allclose(found["wildtype"].iloc[0], [1, 1, 1])
    np.testing.assert_allclose(found["additive"].iloc[0], [0.1, 0, 0.4], atol=1e-6)
    # Of the effects on g3, -0.1, -0.5 and -1, only the last exceeds two standard deviations.
    np.testing.assert_allclose(found["additive_clear"].iloc[0], [0.1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(found["additive_bounded"].iloc[0], [0, 0, 1])
    average = (found["additive_bounded"] + found["gsnn_bounded"]) / 2
    np.testing.assert_allclose(found["gsnn_and_additive"], average)


def test_double_knockouts_have_no_part_in_their_prediction():
    other = replace(DOUBLE, y=DOUBLE.y + 5)
    first, second = (
        predict_double_knockouts(SINGLE, asked, settings=FEW_STEPS) for asked in (DOUBLE, other)
    )
    pd.testing.assert_frame_equal(first.predictions["gsnn"], second.predictions["gsnn"])
    assert first.records["mse"].iloc[0] != second.records["mse"].iloc[0]


def test_doses_that_are_no_knockouts_are_refused():
    with pytest.raises(DataError, match="at most one input on"):
        predict_double_knockouts(DOUBLE, DOUBLE, settings=FEW_STEPS)
    with pytest.raises(DataError, match="never knocked out by themselves"):
        predict_double_knockouts(take_samples(SINGLE, np.arange(5)), DOUBLE, settings=FEW_STEPS)
