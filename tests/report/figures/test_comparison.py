import pandas as pd
import pytest
from matplotlib.colors import to_hex

from edgelab.errors import ConfigError, TableError
from edgelab.report import plot_comparison
from edgelab.report._style import ACCENT, BASELINE

NAN = float("nan")


def records() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("mei", 0, 0.4, 0.3),
            ("mei", 1, 0.6, 0.3),
            ("random", 0, 0.1, 0.2),
            ("random", 1, 0.1, 0.2),
            ("ks", 0, 0.7, NAN),
            ("ks", 1, 0.7, NAN),
        ],
        columns=["scorer", "seed", "mrr", "auprc"],
    )


def test_order_means_and_deviations(check_fits):
    figure = plot_comparison(records(), ["mrr", "auprc"], highlight=["mei"], labels={"mei": "MEI"})
    check_fits(figure)
    mrr, auprc = figure.axes
    assert [label.get_text() for label in mrr.get_yticklabels()] == ["ks", "MEI", "random"]
    assert mrr.yaxis_inverted()
    means = [bar.lines[0] for bar in mrr.containers]
    assert [line.get_xdata()[0] for line in means] == pytest.approx([0.7, 0.5, 0.1])
    assert [to_hex(line.get_color()).upper() for line in means] == [BASELINE, ACCENT, BASELINE]
    assert means[2].get_markerfacecolor() == "white"
    (segment,) = mrr.containers[1].lines[2][0].get_segments()
    assert segment[:, 0] == pytest.approx([0.5 - 0.02**0.5, 0.5 + 0.02**0.5])
    assert len(auprc.containers) == 2
    assert "not available" in [text.get_text() for text in auprc.texts]
    assert (mrr.get_xlabel(), auprc.get_xlabel()) == ("MRR", "AUPRC")


def test_one_seed_and_no_chance(check_fits):
    figure = plot_comparison(records().query("seed == 0 and scorer != 'random'"), ["mrr"])
    check_fits(figure)
    assert figure.axes[0].get_xlim()[0] <= 0


def test_bad_input():
    with pytest.raises(TableError, match="no records"):
        plot_comparison(records().iloc[:0], ["mrr"])
    with pytest.raises(TableError, match="lacks 'top@1'"):
        plot_comparison(records())
    with pytest.raises(ConfigError, match="metrics is empty"):
        plot_comparison(records(), [])
    with pytest.raises(ConfigError, match="no such scorer"):
        plot_comparison(records(), ["mrr"], highlight=["me"])
