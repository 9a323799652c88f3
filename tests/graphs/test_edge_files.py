"""Edge files of every kind, whole and broken."""

import gzip

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import DataError, GraphError
from edgelab.graphs import build_graph, read_edges

TABLE = pd.DataFrame(
    {"source": ["EGF", "Akt"], "target": ["Ras", "Raf"], "sign": [1, -1], "weight": [0.5, 2.0]}
)


def write(folder, name, text):
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def rows(path, **options):
    return read_edges(path, **options).to_numpy().tolist()


@pytest.mark.parametrize(
    "name", ["e.csv", "e.tsv", "e.txt", "e.csv.gz", "e.TSV.GZ", "e.parquet", "e.pq"]
)
def test_every_kind_reads_the_same_table(tmp_path, name):
    path = tmp_path / name
    if name.endswith(("parquet", "pq")):
        TABLE.to_parquet(path)
    else:
        text = TABLE.to_csv(index=False, sep="," if "csv" in name else "\t")
        write(tmp_path, name, text) if name.islower() else path.write_bytes(
            gzip.compress(text.encode())
        )
    edges = read_edges(str(path))
    pd.testing.assert_frame_equal(edges, TABLE.astype({"sign": np.int8, "weight": np.float32}))


def test_columns_are_found_by_name_whatever_their_order(tmp_path):
    path = write(tmp_path, "e.csv", "Weight,note,TARGET, Source\n1.5,x,Raf,EGF\n")
    assert read_edges(path).to_dict("records") == [
        {"source": "EGF", "target": "Raf", "weight": 1.5}
    ]
    assert rows(write(tmp_path, "f.tsv", "to\tfrom\nRaf\tEGF\n")) == [["EGF", "Raf"]]


def test_columns_left_out_are_named_in_the_log(tmp_path, caplog):
    with caplog.at_level("INFO"):
        read_edges(write(tmp_path, "e.csv", "source,target,pmid\nEGF,Raf,7\n"))
    assert "'pmid'" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A,B\nB,C\n", [["A", "B"], ["B", "C"]]),
        ("A,B,1\nC,D,-1\n", [["A", "B", 1], ["C", "D", -1]]),
        ("A,B,activates\nC,D,inhibits\n", [["A", "B", 1], ["C", "D", -1]]),
    ],
)
def test_a_first_row_that_must_be_an_edge_is_kept(tmp_path, text, expected):
    assert rows(write(tmp_path, "e.csv", text)) == expected


def test_a_first_row_that_could_be_either_is_refused_until_told(tmp_path):
    path = write(tmp_path, "e.csv", "drug1,EGFR\ndrug2,Mek\n")
    with pytest.raises(DataError, match=r"'drug1', 'EGFR'.*header=True or header=False"):
        read_edges(path)
    assert rows(path, header=False) == [["drug1", "EGFR"], ["drug2", "Mek"]]
    assert rows(path, header=True) == [["drug2", "Mek"]]


def test_without_names_the_first_three_columns_count(tmp_path):
    assert rows(write(tmp_path, "e.csv", "a,b,mor,pmid\nEGF,Raf,-1,5\n"), header=True) == [
        ["EGF", "Raf", -1]
    ]
    path = tmp_path / "e.parquet"
    pd.DataFrame({"a": ["EGF"], "b": ["Raf"]}).to_parquet(path)
    assert rows(path) == [["EGF", "Raf"]]


def test_a_gene_may_be_called_na_and_white_space_is_stripped(tmp_path):
    assert rows(write(tmp_path, "e.csv", "source,target\n NA , nan\nNULL,None\n")) == [
        ["NA", "nan"],
        ["NULL", "None"],
    ]


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "e.csv"
    path.write_bytes(b"\xef\xbb\xbf\r\nsource,target\r\nEGF,Raf\r\n\r\n")
    assert rows(path) == [["EGF", "Raf"]]


def test_sif_with_words_numbers_and_several_targets(tmp_path):
    text = "EGF activates Ras Akt\n\nAkt -1 Raf\nRaf\tinhibits\tMek 1\tErk\nA pp B\n"
    assert rows(write(tmp_path, "p.sif", text)) == [
        ["EGF", "Ras", 1],
        ["EGF", "Akt", 1],
        ["Akt", "Raf", -1],
        ["Raf", "Mek 1", -1],
        ["Raf", "Erk", -1],
        ["A", "B", 0],
    ]
    assert len(read_edges(write(tmp_path, "p.sif.gz", text))) == 6


def test_own_words_for_signs(tmp_path):
    path = write(tmp_path, "p.sif", "A controls-state-change-of B\n")
    with pytest.raises(GraphError, match=r"p\.sif.*controls-state-change-of.*signs="):
        read_edges(path)
    assert rows(path, signs={"controls-state-change-of": 0}) == [["A", "B", 0]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("e.csv", "", "empty"),
        ("e.csv", "\n \n", "empty"),
        ("e.csv", "source,target\n", "no edges"),
        ("e.sif", "", "no edges"),
        (
            "e.csv",
            "source,target,sign\nA,B,1\nC,D\n",
            r"another number.*line 3, has 2: 'C', 'D'.*truncated",
        ),
        ("e.csv", "source,target\nA,B\nC,D,E\n", "another number"),
        ("e.csv", "source,target\nA,B,C\n", "first row has 2 cells, but 1 rows"),
        ("e.csv", "source,target\nA,B\n,D\n", "no source, first edge number 2"),
        ("e.csv", "source,target\nA,B\nC, \n", "no target"),
        ("e.csv", "source;target\nA;B\n", "separator"),
        ("e.csv", "source,target,source\nA,B,C\n", "more than once: 'source'"),
        ("e.csv", 'source,target\nA,"B\n', "line up"),
        ("e.tsv", "A\tactivates\tB\nB\tinhibits\tC\n", r"holds signs.*\.sif"),
        ("e.sif", "A 1 B\nC 1\n", r"line 2 is 'C 1'.*truncated"),
        ("e.sif", "A 1 B\nlonely\n", "without edges belongs into `functions`"),
        ("e.sif", "A\t1\t\tB\n", "no target"),
        ("e.xlsx", "A", r"ending.*'sif'.*got 'e.xlsx'"),
        ("e.parquet.gz", "A", "save for parquet"),
    ],
)
def test_broken_files_are_told_in_words(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        read_edges(write(tmp_path, name, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,target,sign\nA,B,7\n", "sign must be -1"),
        ("source,target,weight\nA,B,x\n", "weight must be a finite"),
    ],
)
def test_bad_signs_and_weights_are_named_with_the_file(tmp_path, text, message):
    with pytest.raises(GraphError, match=f"e.csv.*{message}"):
        read_edges(write(tmp_path, "e.csv", text))


def test_what_is_read_can_be_built(tmp_path):
    edges = read_edges(write(tmp_path, "p.sif", "Raf 1 Mek\nMek 1 Erk\nErk -1 Raf\n"))
    data = build_graph(edges, input_edges=[("EGF", "Raf")], output_edges=[("Erk", "pErk")])
    assert data["function", "to", "function"].sign.tolist() == [1, 1, -1]
