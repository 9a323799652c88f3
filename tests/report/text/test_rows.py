"""Rows of text: means, and Markdown."""

import pytest

from edgelab.errors import TableError
from edgelab.report.text import format_mean, to_markdown_table

NAN = float("nan")


def test_what_is_unknown_is_left_out():
    assert format_mean(0.541, 0.083) == "0.54 ± 0.08"
    assert format_mean(0.541, NAN) == "0.54" and format_mean(NAN, NAN) == "–"


def test_markdown():
    lines = to_markdown_table([["a|b", "x"], ["c", "0.5"]]).splitlines()
    assert lines == ["| a\\|b |   x |", "|:-----|----:|", "| c    | 0.5 |"]
    assert len({len(line) for line in lines}) == 1
    with pytest.raises(TableError, match="rows of one length"):
        to_markdown_table([["a"], ["b", "c"]])
    with pytest.raises(TableError, match="rows of one length"):
        to_markdown_table([])
