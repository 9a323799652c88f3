import io

import pytest
from rich.console import Console

from edgelab.training import EpochRecord
from edgelab.training import _progress as progress

RECORD = EpochRecord(epoch=2, step=2, train_loss=0.25, validation_loss=0.5, lr=0.1, seconds=0.0)


@pytest.mark.parametrize(("terminal", "shown"), [(False, True), (True, False), (True, True)])
def test_only_a_terminal_that_asked_for_it_sees_the_bar(monkeypatch, terminal, shown):
    screen = io.StringIO()
    monkeypatch.setattr(
        progress,
        "Console",
        lambda stderr: Console(file=screen, force_terminal=terminal, width=100, color_system=None),
    )
    with progress.epoch_bar(3, 1, shown=shown) as show:
        show(RECORD)
    if terminal and shown:
        assert "2/3" in screen.getvalue()
        assert "loss 0.25, validation 0.5" in screen.getvalue()
    else:
        assert screen.getvalue() == ""
