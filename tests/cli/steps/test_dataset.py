"""Where a command's data come from: a word, a folder of a known kind, or tables."""

import pandas as pd
import pytest

from edgelab.cli.steps import chosen_dataset
from edgelab.datasets.readers import open_dataset
from edgelab.errors import ConfigError

NOTHING = {"edges": None, "x": None, "y": None}


@pytest.fixture
def dream4(tmp_path):
    genes = [f"G{i}" for i in range(1, 6)]
    table = pd.DataFrame(
        [[1.0 + 0.1 * i * j if i != j else 0.0 for j in range(5)] for i in range(5)], columns=genes
    )
    table.to_csv(tmp_path / "knockouts.tsv", sep="\t", index=False)
    edges = pd.DataFrame({"source": ["G1", "G2", "G3"], "target": ["G2", "G3", "G5"]})
    edges.to_csv(tmp_path / "gold_edges.tsv", sep="\t", index=False)
    return tmp_path


@pytest.fixture
def cellnopt(tmp_path):
    folder = tmp_path / "cno"
    folder.mkdir()
    (folder / "PKN-toy.sif").write_text("egf 1 mek\nmek 1 erk\n")
    (folder / "MD-toy.csv").write_text("TR:EGF,DA:ERK,DV:ERK,DV:MEK\n1,30,0.7,0.1\n0,30,0.1,0.2\n")
    return folder


def test_folders_are_told_apart(dream4, cellnopt):
    assert open_dataset(str(dream4)).condition.tolist()[0] == "G1 knockout"
    assert open_dataset(str(cellnopt)).condition.tolist() == ["EGF", "control"]


def test_a_word_or_tables_but_not_both(tmp_path):
    assert chosen_dataset("ecoli70", **NOTHING).name == "ecoli70"
    with pytest.raises(ConfigError, match="not both; leave out --x"):
        chosen_dataset("ecoli70", edges=None, x=tmp_path / "x.csv", y=None)
    with pytest.raises(ConfigError, match=r"no data.*give --edges, --x, --y$"):
        chosen_dataset(None, **NOTHING)
    with pytest.raises(ConfigError, match="give --y too, beside --edges, --x"):
        chosen_dataset(None, edges=tmp_path / "e.csv", x=tmp_path / "x.csv", y=None)
    with pytest.raises(ConfigError, match="neither a bundled data set"):
        chosen_dataset("nowhere", **NOTHING)


def test_infer_takes_a_folder(run, dream4, tmp_path):
    options = ["--method", "robust_precision", "--splits", 0, "--check", 0]
    result = run("infer", dream4, *options, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "out" / "edges.tsv", sep="\t")
    assert set(table["src_func"]) == {f"G{i}" for i in range(1, 6)}


@pytest.mark.parametrize("command", ["infer", "calibrate", "refine"])
def test_without_data_one_line_says_what_to_give(run, one_error, command, tmp_path):
    assert "no data" in one_error(run(command, "--out", tmp_path / "out"))
