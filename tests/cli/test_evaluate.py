"""`edgelab evaluate` as a user runs it."""

import json

import pytest

from edgelab.datasets import convergence_graph
from edgelab.errors import TableError


@pytest.fixture
def toy(simulated):
    return simulated(60)


@pytest.fixture
def ranked(run, toy, tmp_path):
    """A folder with a ranking of the simulated network."""
    out = tmp_path / "out"
    result = run(
        "infer", *toy.options(), "--method", "pearson", "--splits", 0, "--check", 0, "--out", out
    )
    assert result.exit_code == 0, result.output
    return out


def test_metrics_are_printed_as_a_table_or_as_json(run, toy, ranked):
    held_out = ["--held-out", toy["held_out"]]
    told = run("evaluate", "--table", ranked / "edges.parquet", *held_out, "--json")
    metrics = json.loads(told.output)
    assert metrics["n_positives"] == len(convergence_graph(4).held_out)
    assert 0 <= metrics["auc"] <= 1
    assert "mrr" in run("evaluate", "--table", ranked / "edges.tsv", *held_out).output


def test_a_table_that_was_cut_is_said_to_be_so(run, toy, ranked):
    path = ranked / "edges.tsv"
    arguments = ["evaluate", "--table", path, "--held-out", toy["held_out"]]
    whole = run(*arguments)
    assert whole.exit_code == 0
    assert "note:" not in whole.output
    heading, *lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([heading, *lines[:-10]]))
    cut = run(*arguments)
    assert cut.exit_code == 0
    assert f"note: edges.tsv holds {len(lines) - 10} of {len(lines)} pairs" in cut.output


def test_a_table_of_one_target_is_said_to_be_cut(run, toy, ranked):
    path = ranked / "edges.tsv"
    heading, *lines = path.read_text().splitlines(keepends=True)
    one_target = [line for line in lines if line.split("\t")[1] == "f4"]
    path.write_text("".join([heading, *one_target]))
    candidates = [line.split("\t") for line in one_target if line.split("\t")[5] == "False"]
    source, target = candidates[0][:2]
    toy["held_out"].write_text(f"source,target\n{source},{target}\n")
    cut = run("evaluate", "--table", path, "--held-out", toy["held_out"])
    assert f"holds {len(one_target)} of {len(lines)} pairs" in cut.output


@pytest.mark.parametrize("debug", [False, True])
def test_a_traceback_comes_with_debug_only(run, toy, tmp_path, debug):
    files = ["--table", tmp_path / "no.parquet", "--held-out", toy["held_out"]]
    result = run("evaluate", *files, *(["--debug"] if debug else []))
    assert result.exit_code == 1
    assert result.output.startswith("error:") is not debug
    # Python prints the traceback of an error that nobody caught; the other was caught, and told.
    assert isinstance(result.exception, TableError) is debug
    assert isinstance(result.exception, SystemExit) is not debug
