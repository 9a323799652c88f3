"""What reaches standard error: one line for an error, an interruption and a warning."""

import warnings

import pytest

from edgelab.cli._console import one_clear_line
from edgelab.errors import ConfigError


def lines_of(capsys, *raised, debug=False):
    """Lines on standard error after the warnings were raised one after the other."""
    with one_clear_line(debug=debug):
        for warning in raised:
            warnings.warn(warning, stacklevel=1)
    return capsys.readouterr().err.splitlines()


def test_a_warning_is_shown_in_one_line(capsys):
    warning = UserWarning("column 'mek' of y\nnever varies [all 60 samples]")
    (line,) = lines_of(capsys, warning)
    assert line == "warning: column 'mek' of y never varies [all 60 samples]"


@pytest.mark.parametrize("kind", [RuntimeWarning, UserWarning])
def test_each_warning_is_shown_once(capsys, kind):
    assert len(lines_of(capsys, kind("one"), kind("two"), kind("one"))) == 2


@pytest.mark.parametrize(
    "harmless",
    [
        DeprecationWarning("write it otherwise"),
        FutureWarning("a later version will sort"),
        UserWarning("Glyph 12459 (\\N{KATAKANA LETTER KA}) missing from font(s) DejaVu Sans."),
    ],
)
def test_what_says_nothing_about_the_results_is_kept_back(capsys, harmless):
    assert lines_of(capsys, harmless) == []


def test_debug_leaves_warnings_as_python_shows_them():
    with pytest.warns(UserWarning, match="varies"), one_clear_line(debug=True):
        warnings.warn("never varies", stacklevel=1)


def test_how_warnings_are_shown_is_put_back(capsys):
    shown, filters = warnings.showwarning, list(warnings.filters)
    lines_of(capsys, UserWarning("one"))
    assert warnings.showwarning is shown and warnings.filters == filters


def test_an_error_of_the_user_is_one_line_and_1(capsys):
    with pytest.raises(SystemExit) as ended, one_clear_line(debug=False):
        raise ConfigError("choose one\nof ['a', 'b'] [bold]or[/] c")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: choose one of ['a', 'b'] [bold]or[/] c\n"


def test_an_interruption_is_one_line_and_130(capsys):
    with pytest.raises(SystemExit) as ended, one_clear_line(debug=False):
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert capsys.readouterr().err.startswith("interrupted:")


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError])
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(error), one_clear_line(debug=False):
        raise error
