"""The bar is seen on a terminal by those who asked for it, and by nobody else."""

import io

import pytest
from rich.console import Console

from edgelab import progress


@pytest.fixture(params=[(False, True), (True, False), (True, True)], ids=str)
def screen_of(request, monkeypatch):
    """What standard error would show, whether a bar was asked for, and whether it may be seen."""
    terminal, shown = request.param
    screen = io.StringIO()
    monkeypatch.setattr(
        progress,
        "Console",
        lambda stderr: Console(file=screen, force_terminal=terminal, width=100, color_system=None),
    )
    return screen, shown, terminal and shown


def test_a_bar_tells_how_far_the_work_is(screen_of):
    screen, shown, visible = screen_of
    with progress.progress_bar("training", 3, done=1, shown=shown) as show:
        show(2, "loss 0.25")
    assert ("2/3" in screen.getvalue()) == visible
    assert ("loss 0.25" in screen.getvalue()) == visible
    assert (screen.getvalue() == "") == (not visible)


@pytest.mark.parametrize("items", [[1, 2, 3], iter([1, 2, 3])], ids=["list", "iterator"])
def test_items_come_through_unchanged(screen_of, items):
    screen, shown, visible = screen_of
    assert list(progress.tracked(items, "counting", shown=shown)) in ([1, 2, 3], [])
    assert ("counting" in screen.getvalue()) == visible


def test_an_error_in_the_loop_ends_the_bar():
    with pytest.raises(ZeroDivisionError):
        for _ in progress.tracked([1], "counting", shown=False):
            raise ZeroDivisionError
