"""The picture of a refined network."""

import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.report import plot_refinement
from edgelab.report.network import MAX_FUNCTIONS


def changes(*rows):
    return pd.DataFrame(list(rows), columns=["source", "target", "change"])


def test_counts_and_names_are_shown_and_tried_edges_are_not():
    figure = plot_refinement(
        changes(("a", "b", "kept"), ("b", "c", "added"), ("a", "c", "removed"), ("c", "z", "tried"))
    )
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["a", "b", "c"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["kept (1)", "removed (1)", "added (1)"]


def test_of_a_large_network_only_changed_edges_are_drawn():
    chain = [(f"f{k}", f"f{k + 1}", "kept") for k in range(MAX_FUNCTIONS + 5)]
    figure = plot_refinement(changes(*chain, ("f0", "f9", "added")))
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["f0", "f9"]


def test_refuses_what_it_cannot_draw():
    with pytest.raises(TableError, match=r"lacks \['change'\]"):
        plot_refinement(pd.DataFrame({"source": ["a"], "target": ["b"]}))
    with pytest.raises(TableError, match="nothing to draw"):
        plot_refinement(changes(("a", "b", "tried")))
