"""`edgelab infer` as a user runs it: results, exit codes, one clear line on bad input."""

import json
import warnings

import pandas as pd
import pytest

from edgelab.cli.steps import RANKING_FILES, _ranking
from edgelab.report._results_folder import LIST_NAME

QUICK = ["--epochs", 1, "--channels", 2, "--layers", 3, "--splits", 0]
WITHOUT_MODEL = ["--method", "pearson", "--splits", 0]


@pytest.fixture
def toy(simulated):
    return simulated(60)


def infer(toy, out):
    """The command with its data, as a list of arguments."""
    options = ["--task", "perturbation", "--device", "cpu", "--check", 2]
    return ["infer", *toy.options(), "--out", out, *options]


def table_options(folder, edges, x, y):
    """Write three tables; options that name them."""
    options = []
    for name, text in (("edges", edges), ("x", x), ("y", y)):
        (folder / f"{name}.csv").write_text(text)
        options += [f"--{name}", folder / f"{name}.csv"]
    return options


def test_equal_seeds_give_equal_tables(run, toy, tmp_path):
    tables = []
    for name in ("first", "second"):
        result = run(*infer(toy, tmp_path / name), *QUICK, "--seed", 5)
        assert result.exit_code == 0, result.output
        tables.append(pd.read_parquet(tmp_path / name / "edges.parquet"))
    pd.testing.assert_frame_equal(*tables)


def test_the_seed_of_the_run_is_the_seed_in_its_configuration(run, toy, tmp_path):
    assert run(*infer(toy, tmp_path / "out"), *QUICK, "--seed", 5).exit_code == 0
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["arguments"]["seed"] == config["settings"]["training"]["seed"] == 5


def test_every_result_is_in_the_list_of_names(run, toy, tmp_path):
    assert run(*infer(toy, tmp_path / "out"), *QUICK).exit_code == 0
    written = {path.name for path in (tmp_path / "out").iterdir()} - {LIST_NAME}
    assert written <= set(RANKING_FILES)


def test_results_are_not_overwritten_without_force(run, toy, tmp_path):
    arguments = [*infer(toy, tmp_path / "out"), *WITHOUT_MODEL]
    assert run(*arguments).exit_code == 0
    again = run(*arguments)
    assert again.exit_code == 1
    assert "--force" in again.output
    assert run(*arguments, "--force").exit_code == 0


def test_a_foreign_file_in_the_way_is_found_before_the_work(run, toy, tmp_path, one_error):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "metrics.json").write_text("mine")
    result = run(*infer(toy, tmp_path / "out"), "--force")
    assert "metrics.json" in one_error(result)
    assert "samples" not in result.output
    assert (tmp_path / "out" / "metrics.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("table", "spoil", "message"),
    [
        ("edges", lambda text: "source,target\nf0,f0\n", "self"),
        ("edges", lambda text: "source,target\nf0,f4\nf0,f4\n", "f0"),
        ("edges", lambda text: "source,target\nin0,f4\n", "in0"),
        ("edges", lambda text: "", "edges.csv"),
        ("x", lambda text: text.replace("in0", "in9", 1), "in0"),
        ("y", lambda text: "\n".join(text.splitlines()[:-1]), "60"),
    ],
)
def test_bad_input_ends_in_one_clear_line(run, toy, tmp_path, one_error, table, spoil, message):
    toy[table].write_text(spoil(toy[table].read_text()))
    assert message in one_error(run(*infer(toy, tmp_path / "out"), *QUICK))


def test_a_missing_file_is_named(run, toy, tmp_path, one_error):
    toy["edges"].unlink()
    assert "edges.csv" in one_error(run(*infer(toy, tmp_path / "out"), *QUICK))


@pytest.mark.parametrize(("option", "value"), [("--method", "mei_partail"), ("--task", "masks")])
def test_misspelt_choices_name_the_right_ones(run, toy, tmp_path, option, value):
    result = run(*infer(toy, tmp_path / "out"), option, value)
    assert result.exit_code == 1
    assert "choose one of" in result.output
    assert "samples" not in result.output  # before anything is computed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", -1), "seed must be"),
        (("--seed", 2**64), "seed must be"),
        (("--seed", 2**63 - 3, "--splits", 5), "leaves no seeds for 5 hold-outs"),
        (("--device", "meta"), "choose 'auto' or 'cpu'"),
        (("--device", "cuda:99"), "Choose 'auto' or 'cpu'"),
        (("--fraction", 0.001, "--splits", 1), "--splits 0"),
    ],
)
def test_options_out_of_range_end_in_one_clear_line(
    run, toy, tmp_path, one_error, options, message
):
    assert message in one_error(run(*infer(toy, tmp_path / "out"), *QUICK, *options))


def test_a_method_that_scores_nothing_says_what_it_needs(run, toy, tmp_path, one_error):
    x = pd.read_csv(toy["x"])
    (x * 0).to_csv(toy["x"], index=False)
    result = run(*infer(toy, tmp_path / "out"), "--method", "z_shift", "--splits", 0)
    assert "controls" in one_error(result)
    assert "nan" not in result.output
    assert not (tmp_path / "out" / "edges.parquet").exists()


def test_methods_that_score_nothing_are_named_in_the_comparison(run, toy, tmp_path):
    x = pd.read_csv(toy["x"])
    (x * 0).to_csv(toy["x"], index=False)
    edges = pd.read_csv(toy["edges"])
    first, second = edges["source"][:2]
    # A detour, so that one edge can be spared.
    edges.loc[len(edges)] = {"source": first, "target": second}
    edges.to_csv(toy["edges"], index=False)
    arguments = [*infer(toy, tmp_path / "out"), *QUICK, "--splits", 1, "--method", "pearson"]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    _, found, silent = result.output.partition("No score for any candidate")
    assert found and "KS shift" in silent
    assert "nan" not in result.output  # what has no score is not listed


@pytest.mark.parametrize("n_functions", [2, 7])
def test_a_complete_prior_leaves_nothing_to_find(run, tmp_path, one_error, n_functions):
    names = "abcdefg"[:n_functions]
    pairs = [(source, target) for source in names for target in names if source != target]
    edges = "".join(f"{source},{target}\n" for source, target in pairs)
    measured = ["1,2,3,4,5,6,7", "3,1,2,5,4,7,6"]
    rows = "".join(",".join(row.split(",")[:n_functions]) + "\n" for row in measured)
    y = ",".join(names) + "\n" + rows * 2
    options = table_options(tmp_path, "source,target\n" + edges, "a\n0\n1\n0\n1\n", y)
    result = run("infer", *options, "--out", tmp_path / "out", "--splits", 0)
    assert f"all {len(pairs)} edges" in one_error(result)


@pytest.mark.parametrize("varies", [False, True])
def test_a_ranking_without_the_data_is_said_to_be_one(run, tmp_path, varies):
    rows = "1,1,1,1\n" * 8
    if varies:
        rows = "".join(f"{n},{n % 3},{-n % 5},2\n" for n in range(8))
    edges, x = "source,target\na,b\nb,c\nc,d\n", "a\n" + "0\n1\n" * 4
    options = table_options(tmp_path, edges, x, "a,b,c,d\n" + rows)
    result = run("infer", *options, "--splits", 0, "--check", 0, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert ("rests on the known network alone" in result.output) is not varies


@pytest.mark.filterwarnings("default")
def test_names_that_the_font_lacks_cause_no_warnings(run, toy, tmp_path):
    for name in ("edges", "input_edges", "output_edges"):
        toy[name].write_text(toy[name].read_text().replace("f0", "カテニン"))
    result = run(*infer(toy, tmp_path / "out"), *WITHOUT_MODEL)
    assert result.exit_code == 0, result.output
    assert "Glyph" not in result.output  # not `stderr`: click 8.1 keeps no copy of its own


def test_a_warning_inside_the_job_is_one_line(monkeypatch, run, toy, tmp_path):
    infer_edges = _ranking.infer_edges

    def warn(*arguments, **options):
        warnings.warn("column 'f3' of y never varies", stacklevel=1)
        return infer_edges(*arguments, **options)

    monkeypatch.setattr(_ranking, "infer_edges", warn)
    result = run(*infer(toy, tmp_path / "out"), *WITHOUT_MODEL)
    assert result.exit_code == 0, result.output
    assert "warning: column 'f3' of y never varies" in result.output.splitlines()


def test_interruption_is_one_line_and_130(monkeypatch, run, toy, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(_ranking, "infer_edges", interrupt)
    result = run(*infer(toy, tmp_path / "out"), "--splits", 0)
    assert result.exit_code == 130
    assert "interrupted" in result.output
    assert "Traceback" not in result.output
