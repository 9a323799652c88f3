"""A data set from files: names, samples and conditions fit together, or the error says what does
not.
"""

import pandas as pd
import pytest

from edgelab.datasets.readers import load_dataset
from edgelab.errors import DataError, GraphError


@pytest.fixture
def files(tmp_path):
    def write(**tables: str):
        paths = {}
        for name, text in tables.items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(text)
        return paths

    return write


EDGES = "source,target,sign\nraf,mek,1\nmek,erk,1\n"
INPUT_EDGES = "source,target\nEGF,raf\ninhibitor,mek\n"
OUTPUT_EDGES = "source,target\nmek,pMEK\nerk,pERK\n"
X = "sample,EGF,inhibitor\ns1,0,0\ns2,1,0\ns3,1,0.5\ns4,0,0\n"
Y = "sample,pERK,pMEK\ns1,0.1,0.2\ns2,1.1,1.2\ns3,0.3,0.4\ns4,0.2,0.1\n"


def test_everything_is_read_and_conditions_spell_out_what_was_done(files):
    paths = files(edges=EDGES, input_edges=INPUT_EDGES, output_edges=OUTPUT_EDGES, x=X, y=Y)
    data = load_dataset(**paths)
    assert data.inputs == ["EGF", "inhibitor"]
    assert data.outputs == ["pMEK", "pERK"]
    assert data.y["pERK"].tolist() == [0.1, 1.1, 0.3, 0.2]
    assert data.edges["sign"].tolist() == [1, 1]
    assert data.condition.tolist() == ["control", "EGF=1", "EGF=1+inhibitor=0.5", "control"]


def test_doses_that_differ_in_the_seventh_digit_are_two_conditions(files):
    x = "EGF,inhibitor\n0.1234567,0\n0.1234568,0\n0.123456,0.5\n0,0\n"
    paths = files(edges=EDGES, input_edges=INPUT_EDGES, output_edges=OUTPUT_EDGES, x=x, y=Y)
    assert load_dataset(**paths).condition.tolist() == [
        "EGF=0.1234567",
        "EGF=0.1234568",
        "EGF=0.123456+inhibitor=0.5",
        "control",
    ]


def test_without_input_and_output_edges_columns_are_functions(files):
    paths = files(edges="source,target\na,b\n", x="a\n0\n1\n", y="b,a\n1,2\n3,4\n")
    data = load_dataset(**paths)
    assert data.functions == ("a", "b")
    assert data.output_edges.to_numpy().tolist() == [["b", "b"], ["a", "a"]]


def test_samples_in_another_order_are_refused(files):
    shuffled = "sample,pERK,pMEK\ns2,0.1,0.2\ns1,1.1,1.2\ns3,0.3,0.4\ns4,0.2,0.1\n"
    paths = files(edges=EDGES, input_edges=INPUT_EDGES, output_edges=OUTPUT_EDGES, x=X, y=shuffled)
    with pytest.raises(DataError, match=r"s1|s2"):
        load_dataset(**paths)


def test_extra_columns_need_permission(files):
    paths = files(
        edges=EDGES,
        input_edges=INPUT_EDGES,
        output_edges=OUTPUT_EDGES,
        x=X,
        y=Y.replace("pMEK", "pMEK,age", 1)
        .replace("0.2\ns2", "0.2,9\ns2")
        .replace("1.2\n", "1.2,9\n")
        .replace("0.4\n", "0.4,9\n")
        .replace("0.1\n", "0.1,9\n"),
    )
    with pytest.raises(DataError, match="age"):
        load_dataset(**paths)
    assert load_dataset(**paths, on_extra="drop").outputs == ["pMEK", "pERK"]


def test_a_missing_column_names_the_file_and_close_names(files):
    paths = files(
        edges=EDGES,
        input_edges=INPUT_EDGES,
        output_edges=OUTPUT_EDGES,
        x=X,
        y=Y.replace("pERK", "perk"),
    )
    with pytest.raises(DataError, match=r"y\.csv.*pERK.*'perk'"):
        load_dataset(**paths)


def test_duplicate_edges_are_listed_or_dropped(files):
    paths = files(
        edges=EDGES + "raf,mek,1\n", input_edges=INPUT_EDGES, output_edges=OUTPUT_EDGES, x=X, y=Y
    )
    with pytest.raises(GraphError, match="raf"):
        load_dataset(**paths)
    assert len(load_dataset(**paths, on_duplicate="drop").edges) == 2


def test_parquet_and_csv_give_the_same(files, tmp_path):
    paths = files(edges=EDGES, input_edges=INPUT_EDGES, output_edges=OUTPUT_EDGES, x=X, y=Y)
    from_csv = load_dataset(**paths)
    pd.read_csv(paths["y"]).to_parquet(tmp_path / "y.parquet")
    from_parquet = load_dataset(**{**paths, "y": tmp_path / "y.parquet"})
    pd.testing.assert_frame_equal(from_csv.y, from_parquet.y)


@pytest.mark.parametrize(
    ("name", "text", "example"),
    [
        ("output_edges", "source,target\npMEK,mek\npERK,erk\n", "pMEK"),
        ("input_edges", "source,target\nraf,EGF\nmek,inhibitor\n", "EGF"),
    ],
)
def test_a_table_written_the_wrong_way_round_is_named(files, name, text, example):
    tables = {
        "edges": EDGES,
        "input_edges": INPUT_EDGES,
        "output_edges": OUTPUT_EDGES,
        "x": X,
        "y": Y,
        name: text,
    }
    with pytest.raises(DataError, match=rf"{name}\.csv: .*{example}.*swap"):
        load_dataset(**files(**tables))


def test_columns_that_name_no_function_ask_for_the_table_that_says_what_they_act_on(files):
    tables = {"edges": EDGES, "output_edges": OUTPUT_EDGES, "x": X, "y": Y}
    with pytest.raises(DataError, match=r"x\.csv: 2 of 2 columns.*--input-edges"):
        load_dataset(**files(**tables))
    with pytest.raises(DataError, match=r"y\.csv: no column.*--output-edges"):
        load_dataset(**files(edges=EDGES, input_edges=INPUT_EDGES, x=X, y=Y))


def test_columns_that_act_on_nothing_can_be_dropped(files):
    paths = files(
        edges=EDGES, output_edges=OUTPUT_EDGES, x="raf,vehicle\n0,1\n1,1\n0,1\n1,1\n", y=Y
    )
    with pytest.raises(DataError, match="vehicle"):
        load_dataset(**paths)
    assert load_dataset(**paths, on_extra="drop").inputs == ["raf"]


def test_a_measured_function_needs_no_known_edge(files):
    paths = files(edges="source,target\na,b\n", x="a\n0\n1\n", y="a,b,new\n1,2,3\n3,4,5\n")
    assert load_dataset(**paths).functions == ("a", "b", "new")
