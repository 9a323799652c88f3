"""Effects of changes, by hand."""

import numpy as np
import pandas as pd
import pytest

from edgelab.perturbation.gsnn import changes_table

EDGES = pd.DataFrame(
    {
        "source": ["a", "b", "c"],
        "target": ["d", "d", "d"],
        "kind": ["existing", "existing", "candidate"],
        "before": [1.0, 1.0, 0.0],
        "cost": [1.0, 1.0, 0.5],
    }
)
# Two models. Rows: both changes together, a → d alone, c → d alone, both without a → d, both
# without c → d.
EFFECTS = np.array([[-3.0, -5.0], [-1.0, -1.0], [-3.0, 1.0], [-2.0, 0.0], [-1.5, -0.5]])


def test_every_column_by_hand():
    table = changes_table(EDGES, np.array([-1.0, 0.0, 0.5]), EFFECTS, budget=2.0)
    first, second = table.to_dict("records")
    assert (first["source"], first["after"], first["spent"], first["share"]) == ("a", 0.0, 1.0, 0.5)
    assert (first["effect_alone"], first["effect_sd"], first["agreement"]) == (-1.0, 0.0, 1.0)
    assert first["effect_within"] == -4.0 + 1.0  # together -4, without it -1
    assert (second["source"], second["after"], second["spent"], second["share"]) == (
        "c",
        0.5,
        0.25,
        0.125,
    )
    assert (second["effect_alone"], second["agreement"], second["effect_within"]) == (
        -1.0,
        0.5,
        -3.0,
    )
    assert second["effect_sd"] == pytest.approx(8**0.5)


def test_one_model_has_no_spread_and_no_change_no_row():
    table = changes_table(EDGES, np.array([-1.0, 0.0, 0.0]), EFFECTS[[0, 1, 3], :1], budget=2.0)
    assert table["source"].tolist() == ["a"] and table["effect_sd"].isna().all()
    assert changes_table(EDGES, np.zeros(3), EFFECTS[:1], budget=2.0).empty
