"""Methods side by side on one data set: one record and one recovery per method and hold-out."""

import pytest

from edgelab.benchmark import compare_methods
from edgelab.errors import ConfigError


def test_comparison_has_one_record_per_method_and_seed(dataset, quick):
    comparison = compare_methods(
        dataset, ["mei", "random"], seeds=[4, 7], fraction=0.3, settings=quick
    )
    assert comparison.records[["scorer", "seed"]].to_numpy().tolist() == [
        ["mei", 4],
        ["random", 4],
        ["mei", 7],
        ["random", 7],
    ]
    assert comparison.records["n_positives"].eq(3).all()
    scores, is_held_out = comparison.recoveries["mei"][0]
    assert len(scores) == 6 * 5 - 9 + 3 and is_held_out.sum() == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": []}, "seeds is empty"),
        ({"methods": []}, "methods is empty"),
        ({"methods": ["randm"]}, "close: 'random'"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message, dataset):
    with pytest.raises(ConfigError, match=message):
        compare_methods(dataset, **({"methods": ["random"], "seeds": [0]} | change))
