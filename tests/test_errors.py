"""Errors can be caught by what they are, and their messages name offenders briefly."""

import inspect

import pytest

from edgelab import errors
from edgelab.errors import EdgelabError, close_names, shorten

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_ours_and_a_builtin_one(kind):
    assert issubclass(kind, EdgelabError)
    assert kind is EdgelabError or issubclass(kind, ValueError | RuntimeError)
    assert str(kind("said what")) == "said what"


@pytest.mark.parametrize(
    ("names", "limit", "text"),
    [
        ([], 5, ""),
        (["a"], 5, "'a'"),
        (["a", "b"], 2, "'a', 'b'"),
        (["a", "b", "c"], 2, "'a', 'b' and 1 more"),
        ((pair for pair in [(1, 2)]), 5, "(1, 2)"),
    ],
)
def test_lists_are_shortened(names, limit, text):
    assert shorten(names, limit) == text


def test_close_names_ignore_case_and_say_when_there_are_none():
    assert close_names("mek", ["MEK1", "Raf"]) == "close: 'MEK1'"
    assert close_names("xyz", ["MEK1", "Raf"]) == "no close match"
    assert close_names("a", []) == "no close match"
    assert close_names(3, [1, 30]) == "close: 30"


def test_close_names_lists_the_best_first_and_at_most_the_limit():
    assert close_names("MEK", ["MEK11", "MEK1", "MEK2", "MEK"], limit=2).startswith(
        "close: 'MEK', 'MEK"
    )
