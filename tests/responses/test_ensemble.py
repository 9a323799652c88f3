"""Ensembles of GSNNs: settings that cannot work are refused, and no two blocks share seeds."""

from dataclasses import replace

import pandas as pd
import pytest

from edgelab.errors import ConfigError
from edgelab.responses import CopySettings, EnsembleSettings, _ensemble, predict_responses

TINY = EnsembleSettings(members=1, copies=CopySettings(layers=2, epochs=1, every=1))


def seeded(seed: int) -> EnsembleSettings:
    return replace(TINY, copies=replace(TINY.copies, seed=seed))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": 0}, "members must be a positive integer, got 0"),
        ({"inner_fraction": 1.0}, r"inner_fraction must lie in \(0, 1\), got 1.0"),
    ],
)
def test_settings_that_cannot_work_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        EnsembleSettings(**change)


def test_blocks_of_two_seeds_share_no_weights(screen, monkeypatch):
    """16 folds are trained in two blocks: the second one of seed 0 is not the first one of 8."""
    train, used = _ensemble.train_copies, []

    def record(*arguments):
        used.append(arguments[-1].seed)
        return train(*arguments)

    monkeypatch.setattr(_ensemble, "train_copies", record)
    for seed in (0, 8):
        predict_responses(screen, ["gsnn"], settings=seeded(seed))
    assert len(set(used)) == 4


def test_copies_of_two_seeds_leave_out_conditions_of_their_own(screen, monkeypatch):
    draw, used = _ensemble._drawn_groups, []

    def record(*arguments):
        used.append(arguments[-1])
        return draw(*arguments)

    monkeypatch.setattr(_ensemble, "_drawn_groups", record)
    for seed in (0, 8):
        predict_responses(screen, ["gsnn"], settings=seeded(seed))
    assert len(set(used)) == len(used) == 32  # 16 folds, one copy each


def test_the_largest_seed_works(screen):
    prediction = predict_responses(screen, ["gsnn"], settings=seeded(2**63 - 1))
    assert prediction.predictions["gsnn"].notna().all(axis=None)


def test_the_result_does_not_depend_on_the_number_of_processes(screen):
    first, second = (
        predict_responses(screen, ["gsnn"], settings=replace(TINY, n_processes=count))
        for count in (1, 2)
    )
    pd.testing.assert_frame_equal(
        first.predictions["gsnn"], second.predictions["gsnn"], check_exact=True
    )
