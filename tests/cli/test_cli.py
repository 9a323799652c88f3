"""The commands as a user runs them: results, exit codes, and one clear line on bad input."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from edgelab import __version__
from edgelab.cli.app import app
from edgelab.datasets import convergence_graph
from edgelab.jobs import METHODS
from edgelab.table import COLUMNS


@pytest.fixture
def run():
    runner = CliRunner()
    # Wide, so that lines are not broken in the middle of what a test looks for.
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def toy(run, tmp_path):
    folder = tmp_path / "toy"
    assert run("simulate", "--size", 4, "--samples", 60, "--out", folder).exit_code == 0
    tables = ("edges", "input_edges", "output_edges", "x", "y")
    return {name: folder / f"{name}.csv" for name in (*tables, "held_out")}


def infer_arguments(toy, out):
    files = {name: path for name, path in toy.items() if name != "held_out"}
    options = [part for name, path in files.items() for part in (f"--{name.replace('_', '-')}", path)]
    return ["infer", *options, "--out", out, "--task", "perturbation", "--device", "cpu"]


QUICK = ["--epochs", 1, "--channels", 2, "--layers", 3]


@pytest.mark.parametrize("command", ["demo", "infer", "evaluate", "simulate"])
def test_help_shows_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"edgelab {command}" in result.output and "Example" in result.output


def test_version(run):
    assert run("--version").output.strip() == f"edgelab {__version__}"


def test_demo_writes_everything_it_promises(run, tmp_path):
    result = run("demo", "--out", tmp_path / "demo", "--splits", 1, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert "MEI partial" in result.output and "random" in result.output and "By MRR" in result.output
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {
        "edges.parquet",
        "edges.tsv",
        "metrics.json",
        "config.json",
        "recovery.png",
        "comparison.png",
        "training.png",
        "candidates.png",
        "network.graphml",
        "network.sif",
    } <= names
    table = pd.read_parquet(tmp_path / "demo" / "edges.parquet")
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS) and len(table) == 110
    metrics = json.loads((tmp_path / "demo" / "metrics.json").read_text())
    assert {row["scorer"] for row in metrics["held_out_edges"]["mean_and_sd"]} == set(METHODS)
    config = json.loads((tmp_path / "demo" / "config.json").read_text())
    assert config["arguments"]["seed"] == 0 and config["environment"]["torch"] and config["data"]["sha256"]["y"]


def test_simulated_files_hold_the_graph_without_its_held_out_edges(toy):
    graph = convergence_graph(4)
    assert len(pd.read_csv(toy["edges"])) == len(graph.edges) - len(graph.held_out)
    assert pd.read_csv(toy["x"]).shape == (60, 4)


def test_infer_then_evaluate(run, toy, tmp_path):
    result = run(*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0)
    assert result.exit_code == 0, result.output
    found = run("evaluate", "--table", tmp_path / "out" / "edges.parquet", "--held-out", toy["held_out"], "--json")
    metrics = json.loads(found.output)
    assert metrics["n_positives"] == len(convergence_graph(4).held_out) and 0 <= metrics["auc"] <= 1
    assert "mrr" in run("evaluate", "--table", tmp_path / "out" / "edges.tsv", "--held-out", toy["held_out"]).output


def test_equal_seeds_give_equal_tables(run, toy, tmp_path):
    for name in ("first", "second"):
        assert run(*infer_arguments(toy, tmp_path / name), *QUICK, "--splits", 0, "--seed", 5).exit_code == 0
    first, second = (pd.read_parquet(tmp_path / name / "edges.parquet") for name in ("first", "second"))
    pd.testing.assert_frame_equal(first, second)


def test_results_are_not_overwritten_without_force(run, toy, tmp_path):
    arguments = [*infer_arguments(toy, tmp_path / "out"), "--method", "pearson", "--splits", 0]
    assert run(*arguments).exit_code == 0
    again = run(*arguments)
    assert again.exit_code == 1 and "--force" in again.output
    assert run(*arguments, "--force").exit_code == 0


def broken_edges(toy, text):
    toy["edges"].write_text(text)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda toy: broken_edges(toy, "source,target\nf0,f0\n"), "self"),
        (lambda toy: broken_edges(toy, "source,target\nf0,f4\nf0,f4\n"), "f0"),
        (lambda toy: broken_edges(toy, "source,target\nin0,f4\n"), "in0"),
        (lambda toy: broken_edges(toy, ""), "edges.csv"),
        (lambda toy: toy["edges"].unlink(), "edges.csv"),
        (lambda toy: toy["x"].write_text(toy["x"].read_text().replace("in0", "in9", 1)), "in0"),
        (lambda toy: toy["y"].write_text("\n".join(toy["y"].read_text().splitlines()[:-1])), "60"),
    ],
)
def test_bad_input_ends_in_one_clear_line(run, toy, tmp_path, spoil, message):
    spoil(toy)
    result = run(*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0)
    assert result.exit_code == 1
    errors = [line for line in result.output.splitlines() if line.startswith("error:")]
    assert len(errors) == 1 and message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("option", "value"), [("--method", "mei_partail"), ("--task", "masks")])
def test_misspelt_choices_name_the_right_ones(run, toy, tmp_path, option, value):
    result = run(*infer_arguments(toy, tmp_path / "out"), option, value, "--splits", 0)
    assert result.exit_code == 1 and "choose one of" in result.output


def test_a_traceback_comes_with_debug_only(toy, tmp_path):
    command = [sys.executable, "-m", "edgelab", "evaluate", "--table", str(tmp_path / "no.parquet")]
    command += ["--held-out", str(toy["held_out"])]
    plain, debug = (
        subprocess.run([*command, *extra], capture_output=True, text=True, check=False) for extra in ([], ["--debug"])
    )
    assert plain.returncode == 1 and "Traceback" not in plain.stderr and plain.stderr.startswith("error:")
    assert debug.returncode == 1 and "Traceback" in debug.stderr
