"""The commands as a user runs them: results, exit codes, and one clear line on bad input."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from edgelab._version import __version__
from edgelab.cli._app import app
from edgelab.cli.steps import RANKING_FILES
from edgelab.datasets import convergence_graph
from edgelab.methods import METHODS
from edgelab.report._results_folder import LIST_NAME
from edgelab.table import COLUMNS


@pytest.fixture
def run():
    runner = CliRunner()
    # Wide, so that lines are not broken in the middle of what a test looks for.
    return lambda *arguments: runner.invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": "200"}
    )


@pytest.fixture
def toy(run, tmp_path):
    folder = tmp_path / "toy"
    assert run("simulate", "--size", 4, "--samples", 60, "--out", folder).exit_code == 0
    tables = ("edges", "input_edges", "output_edges", "x", "y")
    return {name: folder / f"{name}.csv" for name in (*tables, "held_out")}


def infer_arguments(toy, out):
    files = {name: path for name, path in toy.items() if name != "held_out"}
    options = [
        part for name, path in files.items() for part in (f"--{name.replace('_', '-')}", path)
    ]
    return [
        "infer",
        *options,
        "--out",
        out,
        "--task",
        "perturbation",
        "--device",
        "cpu",
        "--check",
        2,
    ]


QUICK = ["--epochs", 1, "--channels", 2, "--layers", 3]


@pytest.mark.parametrize("command", ["demo", "infer", "evaluate", "simulate", "calibrate"])
def test_help_shows_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"edgelab {command}" in result.output and "Example" in result.output


def test_version(run):
    assert run("--version").output.strip() == f"edgelab {__version__}"


def test_demo_writes_everything_it_promises(run, tmp_path):
    result = run("demo", "--out", tmp_path / "demo", "--splits", 1, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert (
        "MEI partial" in result.output and "random" in result.output and "By MRR" in result.output
    )
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {
        "edges.parquet",
        "edges.tsv",
        "metrics.json",
        "config.json",
        "recovery.png",
        "comparison.png",
        "candidates.png",
        "network.graphml",
        "network.sif",
    } <= names
    table = pd.read_parquet(tmp_path / "demo" / "edges.parquet")
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS) and len(table) == 110
    metrics = json.loads((tmp_path / "demo" / "metrics.json").read_text())
    assert {row["scorer"] for row in metrics["held_out_edges"]["mean_and_sd"]} == set(METHODS)
    config = json.loads((tmp_path / "demo" / "config.json").read_text())
    assert (
        config["arguments"]["seed"] == 0
        and config["environment"]["torch"]
        and config["data"]["sha256"]["y"]
    )


def test_simulated_files_hold_the_graph_without_its_held_out_edges(toy):
    graph = convergence_graph(4)
    assert len(pd.read_csv(toy["edges"])) == len(graph.edges) - len(graph.held_out)
    assert pd.read_csv(toy["x"]).shape == (60, 4)


def test_infer_then_evaluate(run, toy, tmp_path):
    result = run(*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0)
    assert result.exit_code == 0, result.output
    found = run(
        "evaluate",
        "--table",
        tmp_path / "out" / "edges.parquet",
        "--held-out",
        toy["held_out"],
        "--json",
    )
    metrics = json.loads(found.output)
    assert metrics["n_positives"] == len(convergence_graph(4).held_out) and 0 <= metrics["auc"] <= 1
    assert (
        "mrr"
        in run(
            "evaluate", "--table", tmp_path / "out" / "edges.tsv", "--held-out", toy["held_out"]
        ).output
    )


def test_equal_seeds_give_equal_tables(run, toy, tmp_path):
    for name in ("first", "second"):
        assert (
            run(
                *infer_arguments(toy, tmp_path / name), *QUICK, "--splits", 0, "--seed", 5
            ).exit_code
            == 0
        )
    first, second = (
        pd.read_parquet(tmp_path / name / "edges.parquet") for name in ("first", "second")
    )
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
    result = run(*infer_arguments(toy, tmp_path / "out"), option, value)
    assert result.exit_code == 1 and "choose one of" in result.output
    assert "samples" not in result.output  # before anything is computed


def test_a_traceback_comes_with_debug_only(toy, tmp_path):
    command = [sys.executable, "-m", "edgelab", "evaluate", "--table", str(tmp_path / "no.parquet")]
    command += ["--held-out", str(toy["held_out"])]
    plain, debug = (
        subprocess.run([*command, *extra], capture_output=True, text=True, check=False)
        for extra in ([], ["--debug"])
    )
    assert (
        plain.returncode == 1
        and "Traceback" not in plain.stderr
        and plain.stderr.startswith("error:")
    )
    assert debug.returncode == 1 and "Traceback" in debug.stderr


def one_error(result):
    (line,) = [line for line in result.output.splitlines() if line.startswith("error:")]
    assert (
        result.exit_code == 1
        and "Traceback" not in result.output
        and "Warning" not in result.output
    )
    return line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", -1), "seed must be"),
        (("--seed", 2**64), "seed must be"),
        (("--device", "meta"), "choose 'auto' or 'cpu'"),
        (("--device", "cuda:99"), "Choose 'auto' or 'cpu'"),
        (("--fraction", 0.001, "--splits", 1), "--splits 0"),
    ],
)
def test_options_out_of_range_end_in_one_clear_line(run, toy, tmp_path, options, message):
    arguments = [*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0, *options]
    assert message in one_error(run(*arguments))


def test_a_method_that_scores_nothing_says_what_it_needs(run, toy, tmp_path):
    x = pd.read_csv(toy["x"])
    (x * 0).to_csv(toy["x"], index=False)
    arguments = infer_arguments(toy, tmp_path / "out")
    result = run(*arguments, "--method", "z_shift", "--splits", 0)
    assert "controls" in one_error(result) and "nan" not in result.output
    assert not (tmp_path / "out" / "edges.parquet").exists()
    edges = pd.read_csv(toy["edges"])
    first, second = edges["source"][:2]
    edges.loc[len(edges)] = {
        "source": first,
        "target": second,
    }  # a detour, so that one edge can be spared
    edges.to_csv(toy["edges"], index=False)
    compared = run(*arguments, *QUICK, "--splits", 1, "--method", "pearson")
    assert compared.exit_code == 0 and "No score for any candidate" in compared.output, (
        compared.output
    )
    assert "KS shift" in compared.output.partition("No score for any candidate")[2]
    assert "nan" not in compared.output  # what has no score is not listed


def test_a_complete_prior_leaves_nothing_to_find(run, tmp_path):
    files = {name: tmp_path / f"{name}.csv" for name in ("edges", "x", "y")}
    files["edges"].write_text("source,target\na,b\nb,a\n")
    files["x"].write_text("a\n0\n1\n0\n1\n")
    files["y"].write_text("a,b\n0.1,0.2\n1,2\n0,0.3\n1.5,2\n")
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    result = run("infer", *options, "--out", tmp_path / "out", "--method", "pearson", "--splits", 0)
    assert "all 2 edges" in one_error(result)


@pytest.mark.filterwarnings("default")
def test_names_that_the_font_lacks_cause_no_warnings(toy, tmp_path):
    for name in ("edges", "input_edges", "output_edges"):
        toy[name].write_text(toy[name].read_text().replace("f0", "カテニン"))
    arguments = [str(part) for part in infer_arguments(toy, tmp_path / "out")]
    command = [sys.executable, "-m", "edgelab", *arguments, "--method", "pearson", "--splits", "0"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 0 and result.stderr == ""


def test_the_seed_of_the_run_is_the_seed_in_its_configuration(run, toy, tmp_path):
    assert (
        run(*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0, "--seed", 5).exit_code
        == 0
    )
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["arguments"]["seed"] == config["settings"]["training"]["seed"] == 5


def test_a_table_that_was_cut_is_said_to_be_so(run, toy, tmp_path):
    assert (
        run(*infer_arguments(toy, tmp_path / "out"), "--method", "pearson", "--splits", 0).exit_code
        == 0
    )
    path = tmp_path / "out" / "edges.tsv"
    whole = run("evaluate", "--table", path, "--held-out", toy["held_out"])
    assert whole.exit_code == 0 and "note:" not in whole.output
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-10]))
    cut = run("evaluate", "--table", path, "--held-out", toy["held_out"])
    assert (
        cut.exit_code == 0
        and f"note: edges.tsv holds {len(lines) - 11} of {len(lines) - 1} pairs" in cut.output
    )
    one_target = [line for line in lines[1:] if line.split("\t")[1] == "f4"]
    path.write_text("".join([lines[0], *one_target]))
    source, target = next(row for row in map(str.split, one_target) if row[5] == "False")[:2]
    toy["held_out"].write_text(f"source,target\n{source},{target}\n")
    cut = run("evaluate", "--table", path, "--held-out", toy["held_out"])
    assert f"holds {len(one_target)} of {len(lines) - 1} pairs" in cut.output


def test_interruption_is_one_line_and_130(monkeypatch, run, toy, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("edgelab.cli.steps._ranking.infer_edges", interrupt)
    result = run(*infer_arguments(toy, tmp_path / "out"), "--splits", 0)
    assert (
        result.exit_code == 130
        and "interrupted" in result.output
        and "Traceback" not in result.output
    )


def test_a_foreign_file_in_the_way_is_found_before_the_work(run, toy, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "metrics.json").write_text("mine")
    result = run(*infer_arguments(toy, tmp_path / "out"), "--force")
    assert "metrics.json" in one_error(result) and "samples" not in result.output
    assert (tmp_path / "out" / "metrics.json").read_text() == "mine"


def test_every_result_is_in_the_list_of_names(run, toy, tmp_path):
    assert run(*infer_arguments(toy, tmp_path / "out"), *QUICK, "--splits", 0).exit_code == 0
    written = {path.name for path in (tmp_path / "out").iterdir()} - {LIST_NAME}
    assert written <= set(RANKING_FILES)


def written(folder, edges, x, y):
    """Options that name three tables."""
    for name, text in (("edges", edges), ("x", x), ("y", y)):
        (folder / f"{name}.csv").write_text(text)
    return [part for name in ("edges", "x", "y") for part in (f"--{name}", folder / f"{name}.csv")]


@pytest.mark.parametrize("varies", [False, True])
def test_a_ranking_without_the_data_is_said_to_be_one(run, tmp_path, varies):
    y = "".join(f"{n},{n % 3},{-n % 5},2\n" for n in range(8)) if varies else "1,1,1,1\n" * 8
    tables = written(
        tmp_path, "source,target\na,b\nb,c\nc,d\n", "a\n" + "0\n1\n" * 4, "a,b,c,d\n" + y
    )
    result = run("infer", *tables, "--splits", 0, "--check", 0, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert ("rests on the known network alone" in result.output) is not varies


def test_a_larger_complete_prior_ends_in_one_line_too(run, tmp_path):
    names = "abcdefg"
    edges = "".join(
        f"{source},{target}\n" for source in names for target in names if source != target
    )
    y = ",".join(names) + "\n" + "1,2,3,4,5,6,7\n3,1,2,5,4,7,6\n" * 2
    tables = written(tmp_path, "source,target\n" + edges, "a\n0\n1\n0\n1\n", y)
    result = run("infer", *tables, "--splits", 0, "--out", tmp_path / "out")
    assert "all 42 edges" in one_error(result)
