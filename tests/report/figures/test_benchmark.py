"""The figure of a benchmark: a panel per metric and a colour per data set."""

import pytest

from edgelab.errors import ConfigError
from edgelab.report import plot_benchmark


def test_the_figure_has_a_panel_per_metric_and_a_colour_per_data_set(records):
    figure = plot_benchmark(
        records, ["mrr", "auc_matched"], highlight=["mei"], labels={"mei": "$MEI$"}
    )
    first, second = figure.axes
    assert first.get_xlabel() == "MRR" and second.get_xlabel() == "AUROC matched"
    assert [text.get_text() for text in first.get_yticklabels()] == ["$MEI$", "ks", "random"]
    assert first.get_yticklabels()[0].get_fontweight() == "bold"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    figure.canvas.draw()


def test_mistakes_are_named(records):
    with pytest.raises(ConfigError, match="metrics is empty"):
        plot_benchmark(records, [])
    with pytest.raises(ConfigError, match="close: 'mei'"):
        plot_benchmark(records, ["mrr"], highlight=["me"])
