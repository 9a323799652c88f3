import math

from edgelab.training import EpochRecord, History


def record(epoch, train_loss, validation_loss, seconds=0.0):
    return EpochRecord(
        epoch=epoch,
        step=epoch,
        train_loss=train_loss,
        validation_loss=validation_loss,
        lr=0.1,
        seconds=seconds,
    )


def test_the_best_epoch_is_the_first_lowest_of_the_validation_loss():
    history = History(
        records=(record(1, 3.0, 0.5), record(2, 2.0, 0.4), record(3, 1.0, 0.4)), stop_reason="done"
    )
    assert history.best_epoch == 2


def test_without_validation_the_training_loss_decides():
    history = History(
        records=(record(1, 3.0, None), record(2, 1.0, None), record(3, 2.0, None)),
        stop_reason="done",
    )
    assert history.best_epoch == 2
    frame = history.frame()
    assert frame["validation_loss"].dtype == float
    assert math.isnan(frame["validation_loss"][0])
    assert frame["epoch"].tolist() == [1, 2, 3]


def test_the_duration_is_no_part_of_equality():
    assert record(1, 3.0, None, seconds=1.0) == record(1, 3.0, None, seconds=2.0)
    assert record(1, 3.0, None) != record(1, 2.0, None)
