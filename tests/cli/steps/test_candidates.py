"""What is said about the best candidates."""

import pandas as pd
import pytest

from edgelab.cli.steps._candidates import rests_on_network


@pytest.mark.parametrize(
    ("columns", "rests"),
    [
        # The sources of c differ in topology only.
        ({"why_topology": [0.2, 0.1], "why_association": [0.1, 0.1]}, True),
        ({"why_topology": [0.2, 0.1], "why_association": [0.1, 0.3]}, False),
        # The last bits of a sum are no difference.
        ({"why_topology": [0.2, 0.1], "why_association": [0.3, 0.1 + 0.2]}, True),
        # A method that does not explain itself cannot be judged.
        ({"why_association": [0.1, 0.1]}, False),
    ],
)
def test_a_ranking_rests_on_the_network_where_nothing_else_differs(columns, rests):
    assert rests_on_network(pd.DataFrame({"dst_func": ["c", "c"], **columns})) is rests


def test_sources_of_different_targets_are_not_compared():
    columns = {"why_topology": [0.2, 0.1], "why_association": [0.1, 0.1]}
    assert not rests_on_network(pd.DataFrame({"dst_func": ["c", "d"], **columns}))
