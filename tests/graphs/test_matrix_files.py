"""Matrix files: names of samples and variables, and what is refused."""

import gzip

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import DataError
from edgelab.graphs import read_matrix

TABLE = pd.DataFrame({"pErk": [0.5, -1.25, 1e-8], "pAkt": [2.0, 3.0, 1 / 3]})


def write(folder, name, text):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["y.csv", "y.tsv", "y.txt", "y.csv.gz", "y.tsv.gz", "y.parquet"])
@pytest.mark.parametrize("index", [None, "sample", ""])
def test_every_kind_reads_the_same_matrix(tmp_path, name, index):
    table = (
        TABLE
        if index is None
        else TABLE.set_axis(pd.Index(["007", "8", "9"], name=index or None), axis=0)
    )
    if index == "sample":
        table = table.set_axis(pd.Index(["c7", "c8", "c9"], name="sample"), axis=0)
    path = tmp_path / name
    if name.endswith("parquet"):
        table.to_parquet(path)
    else:
        write(
            tmp_path,
            name,
            table.to_csv(sep="," if "csv" in name else "\t", index=index is not None),
        )
    pd.testing.assert_frame_equal(read_matrix(path), table, rtol=1e-15)


def test_the_first_row_of_r_may_be_one_cell_short(tmp_path):
    table = read_matrix(write(tmp_path, "y.tsv", "a\tb\nc1\t1\t2\nc2\t3\t4\n"))
    assert table.to_dict("index") == {"c1": {"a": 1, "b": 2}, "c2": {"a": 3, "b": 4}}


def test_names_in_a_parquet_column_become_the_index(tmp_path):
    TABLE.assign(cell=["x", "y", "z"])[["cell", "pErk"]].to_parquet(tmp_path / "y.parquet")
    assert read_matrix(tmp_path / "y.parquet").index.tolist() == ["x", "y", "z"]


def test_missing_values_are_kept_for_the_door_to_judge(tmp_path):
    table = read_matrix(write(tmp_path, "y.csv", "a,b\n1,\n,NA\n3,4\n"))
    np.testing.assert_array_equal(table, [[1, np.nan], [np.nan, np.nan], [3, 4]])
    assert read_matrix(write(tmp_path, "z.csv", "a,b\n1,2\n3,\n")).isna().sum().sum() == 1


def test_whole_numbers_may_name_variables(tmp_path):
    assert read_matrix(write(tmp_path, "y.csv", "1956,207\n0.5,1\n")).columns.tolist() == [
        "1956",
        "207",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b\n", "no rows"),
        ("a,a,b\n1,2,3\n", "more than once: 'a'"),
        ("a,b\n1,2\n3\n", "truncated"),
        ("a,b,c\n1,2\n3,4\n", "names 3 columns but the next row has 2"),
        ("a\n1,2,3\n", "names 1 columns but the next row has 3"),
        ("a,b\n1,2\n3,4,5\n", "do not line up"),
        ("a,b\n1,2\n3,x\n", r"1 columns are not numeric: 'b' \(such as 'x'\)"),
        ("a,b\n1,2\nx,4\n", r"'a' \(such as 'x'\)"),
        ("cell,a,group\nc1,1,T\nc2,2,B\n", r"'group' \(such as 'T'\)"),
        ("a,,b\n1,2,3\n", "columns 2 counted from 1 have no name"),
        (",a\nc1,1\n,2\n", "samples 2 counted from 1 have no name"),
        ("0.5,1.5\n2,3\n", r"must name the variables.*'0\.5'"),
        ("a;b\n1,5;2\n", "Make them agree|separator|not numeric|at least one"),
        ("cell\nc1\nc2\n", "and one variable, got"),
    ],
)
def test_broken_matrices_are_told_in_words(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_matrix(write(tmp_path, "y.csv", text))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_the_wrong_separator_is_named(tmp_path, mark):
    path = tmp_path / "y.csv"
    path.write_text(f"Akt{mark}Erk\n1{mark}2\n3{mark}4\n")
    with pytest.raises(DataError, match="separator"):
        read_matrix(path)


def test_a_single_column_of_text_is_named(tmp_path):
    (path := tmp_path / "x.csv").write_text("drug\nlow\nhigh\n")
    with pytest.raises(
        DataError, match=r"got only the column 'drug', whose text \(such as 'low'\)"
    ):
        read_matrix(path)
