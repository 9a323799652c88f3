import json

import networkx as nx
import pandas as pd
import pytest
from matplotlib.figure import Figure

from edgelab.errors import ConfigError, DataError
from edgelab.inference import load_table
from edgelab.report import ResultsFolder
from edgelab.report._results_folder import LIST_NAME
from edgelab.table import COLUMNS


def table(n: int) -> pd.DataFrame:
    rows = [(f"f{i}", "sink", i, n, 1.0 - i / n, False, 0.5, 0.5) for i in range(n)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def names(path) -> set[str]:
    return {entry.name for entry in path.iterdir()} - {LIST_NAME}


def test_everything_is_written_and_listed(tmp_path):
    graph = nx.DiGraph()
    graph.add_edge("f0", "sink", kind="candidate")
    with ResultsFolder(tmp_path / "deep" / "run") as results:
        results.write_json("metrics.json", {"auc": float("nan")})
        results.write_table(table(5), top=2)
        results.write_figure("scores.png", Figure())
        results.write_network(graph)
    assert names(results.path) == {
        "metrics.json",
        "edges.parquet",
        "edges.tsv",
        "scores.png",
        "network.graphml",
        "network.sif",
    }
    assert {path.name for path in results.files} == names(results.path)
    assert json.loads((results.path / "metrics.json").read_text()) == {"auc": None}
    assert len(load_table(results.path / "edges.parquet")) == 5
    assert load_table(results.path / "edges.tsv")["src_func"].tolist() == ["f0", "f1"]
    assert (results.path / "scores.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_folder_is_taken_and_a_used_one_refused(tmp_path):
    ResultsFolder(tmp_path).write_json("metrics.json", 1)
    with pytest.raises(ConfigError, match=r"not empty.*'metrics.json'.*--force"):
        ResultsFolder(tmp_path)
    assert (tmp_path / "metrics.json").read_text() == "1\n"


def test_a_folder_with_only_foreign_files_is_refused_too(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(ConfigError, match="not empty"):
        ResultsFolder(tmp_path)


def test_force_replaces_own_files_removes_outdated_ones_and_spares_foreign_ones(tmp_path):
    with ResultsFolder(tmp_path) as results:
        results.write_json("metrics.json", 1)
        results.write_figure("training.png", Figure())
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "sub").mkdir()
    with ResultsFolder(tmp_path, force=True) as results:
        results.write_json("metrics.json", 2)
        assert "training.png" in names(tmp_path)
    assert names(tmp_path) == {"metrics.json", "notes.txt", "sub"}
    assert (tmp_path / "metrics.json").read_text() == "2\n"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_force_never_replaces_a_foreign_file_of_the_same_name(tmp_path):
    (tmp_path / "metrics.json").write_text("mine")
    results = ResultsFolder(tmp_path, force=True)
    with pytest.raises(ConfigError, match="not written by edgelab"):
        results.write_json("metrics.json", 1)
    assert (tmp_path / "metrics.json").read_text() == "mine"


def test_a_failed_run_keeps_what_was_there_and_can_be_repeated(tmp_path):
    with ResultsFolder(tmp_path) as results:
        results.write_json("metrics.json", 1)
        results.write_json("config.json", 1)
    with pytest.raises(RuntimeError), ResultsFolder(tmp_path, force=True) as results:
        results.write_json("metrics.json", 2)
        results.write_json("more.json", 2)
        raise RuntimeError
    assert names(tmp_path) == {"metrics.json", "config.json", "more.json"}
    with ResultsFolder(tmp_path, force=True) as results:
        results.write_json("more.json", 3)
    assert names(tmp_path) == {"more.json"}


def test_a_failing_figure_leaves_the_earlier_one(tmp_path, monkeypatch):
    results = ResultsFolder(tmp_path)
    path = results.write_figure("a.png", Figure())
    before = path.read_bytes()
    figure = Figure()

    def break_off(target, **_):
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", break_off)
    with pytest.raises(OSError, match="disk full"):
        results.write_figure("a.png", figure)
    assert path.read_bytes() == before
    assert names(tmp_path) == {"a.png"}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x.json", "sub/x.json", "/tmp/x.json", LIST_NAME]
)
def test_only_plain_names(tmp_path, name):
    with pytest.raises(ConfigError, match="plain file name"):
        ResultsFolder(tmp_path).file(name)


def test_other_bad_arguments(tmp_path):
    results = ResultsFolder(tmp_path / "run")
    with pytest.raises(ConfigError, match=r"end it in '\.png'"):
        results.write_figure("a.pdf", Figure())
    with pytest.raises(ConfigError, match="top must be a positive integer"):
        results.write_table(table(2), top=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        ResultsFolder(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot make the folder"):
        ResultsFolder(tmp_path / "file" / "run")


@pytest.mark.parametrize("content", ["{", '["../secret"]', "3"])
def test_a_damaged_list_is_refused_and_nothing_removed(tmp_path, content):
    (tmp_path / LIST_NAME).write_text(content)
    with pytest.raises(DataError, match="Choose another folder"):
        ResultsFolder(tmp_path, force=True)


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="not writable"):
        ResultsFolder(tmp_path)


def test_foreign_names_can_be_refused_before_the_work(tmp_path):
    ResultsFolder(tmp_path).write_json("ours.json", 1)
    (tmp_path / "theirs.json").write_text("1")
    results = ResultsFolder(tmp_path, force=True)
    results.refuse_foreign(["ours.json", "new.json"])
    with pytest.raises(ConfigError, match=r"theirs\.json.*not written by edgelab"):
        results.refuse_foreign(["ours.json", "theirs.json"])
