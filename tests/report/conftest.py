import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure


@pytest.fixture
def check_fits():
    """A check that all text and marks of a figure lie inside it."""

    def check(figure: Figure) -> None:
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
        assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -1e-6, (
            used,
            width,
            height,
        )

    return check


@pytest.fixture
def records() -> pd.DataFrame:
    """Four hold-outs of three scorers on two data sets."""
    rng = np.random.default_rng(0)
    rows = [
        (dataset, scorer, seed, base + 0.05 * rng.random(), rng.random(), 3, 0.1)
        for dataset in ("one", "two")
        for scorer, base in (("random", 0.1), ("mei", 0.6), ("ks", 0.5))
        for seed in range(4)
    ]
    return pd.DataFrame(
        rows, columns=["dataset", "scorer", "seed", "mrr", "auc_matched", "n_positives", "seconds"]
    )
