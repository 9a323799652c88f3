"""Prices of single edges in files and tables."""

import pandas as pd
import pytest

from edgelab.errors import DataError, GraphError
from edgelab.perturbation import read_costs
from edgelab.perturbation._costs import cost_numbers


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_separates_columns_is_found_out_and_no_name_is_missing(tmp_path, separator):
    path = tmp_path / "costs.txt"
    path.write_text("\n".join(separator.join(row) for row in (HEAD, ["NA", "Akt", "2"])))
    assert read_costs(path).to_dict("list") == {"source": ["NA"], "target": ["Akt"], "cost": ["2"]}


HEAD = ["source", "target", "cost"]


@pytest.mark.parametrize(
    "content", [b"", b"source,target,cost\na,b,1,2,3\n", b"\xff\xfe\x00\x01", b'a,b\n"c']
)
def test_a_file_that_is_no_table_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "costs.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"costs\.csv: the file of costs is no table"):
        read_costs(path)


def test_prices_are_positive_numbers():
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    assert cost_numbers(pd.Series(["1", "2.5"]), pairs.__getitem__).tolist() == [1.0, 2.5]
    with pytest.raises(GraphError, match=r"2 costs .* first: 'dear' of \('b', 'c'\)"):
        cost_numbers(pd.Series(["1", "dear", "-1"]), pairs.__getitem__)
