"""The look of lines."""

from edgelab.report._style import line_look


def test_the_first_eighteen_lines_differ():
    assert line_look(0) == ("#0072B2", "-") and line_look(6) == ("#0072B2", "--")
    assert len({line_look(position) for position in range(18)}) == 18
