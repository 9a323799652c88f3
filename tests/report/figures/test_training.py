import numpy as np
import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.report import plot_training
from edgelab.training import EpochRecord, History


def history(train, validation=None) -> History:
    validation = validation or [None] * len(train)
    records = [
        EpochRecord(
            epoch=epoch, step=epoch, train_loss=one, validation_loss=other, lr=0.1, seconds=0.0
        )
        for epoch, (one, other) in enumerate(zip(train, validation, strict=True), start=1)
    ]
    return History(records=tuple(records), stop_reason="done")


def test_losses_and_best_epoch(check_fits):
    figure = plot_training(history([3.0, 2.0, 1.0], [3.0, 1.5, 2.5]))
    check_fits(figure)
    train, validation, best = figure.axes[0].lines
    assert train.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert validation.get_ydata().tolist() == [3, 1.5, 2.5]
    assert list(best.get_xdata()) == [2, 2]
    assert figure.axes[0].get_yscale() == "linear"


def test_without_validation_there_is_one_line():
    figure = plot_training(history([100.0, 1.0]))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "training samples"
    ]
    assert figure.axes[0].get_yscale() == "log"


def test_recovery_is_drawn_below(check_fits):
    recovery = pd.DataFrame({"epoch": [1, 2], "AUROC": [0.5, np.nan], "note": ["a", "b"]})
    figure = plot_training(history([2.0, 1.0]), recovery, recovery_label="AUROC")
    check_fits(figure)
    assert len(figure.axes) == 2
    assert figure.axes[1].lines[0].get_xdata().tolist() == [1, 2]
    assert figure.axes[1].get_ylabel() == "AUROC"


def test_bad_input():
    with pytest.raises(TableError, match="no epochs"):
        plot_training(history([]))
    for bad in (pd.DataFrame({"AUROC": [1.0]}), pd.DataFrame({"epoch": [1], "note": ["a"]})):
        with pytest.raises(TableError, match="column 'epoch' and a numeric one"):
            plot_training(history([1.0]), bad)


def test_one_epoch_has_whole_numbers_on_its_axis():
    record = EpochRecord(epoch=1, step=1, train_loss=0.5, validation_loss=None, lr=0.1, seconds=0.0)
    axes = plot_training(History(records=(record,), stop_reason="done")).axes[0]
    assert all(float(tick).is_integer() for tick in axes.get_xticks())
