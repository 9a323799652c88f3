"""`edgelab methods` as a user runs it."""

import pytest

from edgelab.cli.steps._methods import _first_sentence
from edgelab.methods import METHODS


def test_lists_every_method_with_its_label(run):
    result = run("methods")
    assert result.exit_code == 0, result.output
    rows = {line.split()[1]: line for line in result.output.splitlines() if line.startswith("│")}
    assert set(METHODS) <= rows.keys()
    assert all(METHODS[name].label in rows[name] for name in METHODS)


def test_describes_in_full_what_is_named(run):
    result = run("methods", "mei", "pearson")
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    for name in ("mei", "pearson"):
        assert METHODS[name].label in text
        assert METHODS[name].description in text


def test_a_misspelt_name_is_one_clear_line(run, one_error):
    assert "'mei_partail' (close: 'mei_partial'" in one_error(run("methods", "mei_partail"))


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ("Correlation of two columns. Fast.", "Correlation of two columns."),
        (
            "A forest (Geurts et al. 2006) of trees. Slow.",
            "A forest (Geurts et al. 2006) of trees.",
        ),
        ("One sentence only.", "One sentence only."),
    ],
)
def test_the_first_sentence_ends_at_its_full_stop(description, sentence):
    assert _first_sentence(description) == sentence
