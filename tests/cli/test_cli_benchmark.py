"""`edgelab benchmark` and `edgelab responses` as a user runs them."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from edgelab.cli._app import app


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *arguments: runner.invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": "200"}
    )


@pytest.fixture
def toy(run, tmp_path):
    folder = tmp_path / "toy"
    assert run("simulate", "--size", 4, "--samples", 40, "--out", folder).exit_code == 0
    edges = pd.read_csv(folder / "edges.csv")
    edges.loc[len(edges)] = {"source": edges["source"][0], "target": edges["target"].iloc[-1]}
    edges.drop_duplicates(["source", "target"]).to_csv(folder / "edges.csv", index=False)
    return folder


@pytest.mark.parametrize("command", ["benchmark", "responses"])
def test_help_shows_an_example(run, command):
    result = run(command, "--help")
    assert (
        result.exit_code == 0
        and f"edgelab {command}" in result.output
        and "Example" in result.output
    )


def test_benchmark_writes_what_it_promises_and_goes_on(run, tmp_path):
    arguments = [
        "benchmark",
        "sachs",
        "--method",
        "pearson",
        "--stability",
        1,
        "--processes",
        1,
        "--out",
        tmp_path / "out",
    ]
    result = run(*arguments, "--splits", 2)
    assert result.exit_code == 0, result.output
    assert (
        "Pearson" in result.output
        and "source out-degree" in result.output
        and "random" in result.output
    )
    assert "Paired differences" in result.output and "stay the same" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        "results.parquet",
        "differences.parquet",
        "stability.parquet",
        "benchmark.md",
        "benchmark.png",
    } <= names
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cells").iterdir()}
    assert run(*arguments, "--splits", 3).exit_code == 0
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cells").iterdir()}
    assert len(after) == len(before) + 3 and all(
        after[name] == time for name, time in before.items()
    )
    assert len(pd.read_parquet(tmp_path / "out" / "results.parquet")) == 9


def test_a_foreign_folder_is_refused_and_other_settings_are_named(run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    arguments = ["benchmark", "sachs", "--method", "random", "--processes", 1, "--splits", 1]
    assert "not empty" in run(*arguments, "--out", tmp_path).output
    assert run(*arguments, "--out", tmp_path / "out").exit_code == 0
    changed = run(*arguments, "--out", tmp_path / "out", "--fraction", 0.3)
    assert changed.exit_code == 1 and "--redo" in changed.output
    assert run(*arguments, "--out", tmp_path / "out", "--fraction", 0.3, "--redo").exit_code == 0


def test_what_is_no_data_set_is_named(run, tmp_path):
    result = run("benchmark", "sahcs", "--out", tmp_path / "out")
    assert result.exit_code == 1 and "neither a bundled data set" in result.output


def test_responses_of_a_folder(run, toy, tmp_path):
    x = pd.read_csv(toy / "x.csv")
    (x > 0).astype(float).to_csv(toy / "x.csv", index=False)
    options = ["--members", 1, "--epochs", 10, "--folds", 3, "--processes", 1]
    result = run("responses", toy, *options, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (
        "ridge with pairs" in result.output
        and "random forest" in result.output
        and "GSNN" in result.output
    )
    records = pd.read_parquet(tmp_path / "out" / "conditions.parquet")
    assert len(records) == 5 and np.isfinite(records["r2"]).all()
    assert json.loads((tmp_path / "out" / "config.json").read_text())["arguments"]["members"] == 1


def test_responses_of_a_cellnopt_folder_with_missing_values_and_cell_lines(run, tmp_path):
    folder = tmp_path / "liver"
    folder.mkdir()
    (folder / "PKN-liver.sif").write_text("egf 1 mek\nmek 1 erk\ntnf 1 erk\n")
    rows = [
        f"{int(line == 'a')},{int(line == 'b')},{egf},{tnf},{mek},9,{'' if egf * mek > tnf else egf + 0.1 * tnf}"
        for line in "ab"
        for egf in (0, 1)
        for tnf in (0, 1)
        for mek in (0, 1)
    ]
    header = "TR:a:CellLine,TR:b:CellLine,TR:EGF,TR:TNF,TR:MEKi,DA:ERK,DV:ERK"
    (folder / "MD-liver.csv").write_text("\n".join([header, *rows]))
    options = ["--members", 1, "--epochs", 10, "--layers", 3, "--folds", 3, "--processes", 1]
    for name, extra in (("plain", []), ("told", ["--cell-lines"])):
        result = run("responses", folder, *options, *extra, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
    plain, told = (
        pd.read_parquet(tmp_path / name / "conditions.parquet") for name in ("plain", "told")
    )
    assert (plain["n_conditions"] == 8).all() and (told["n_conditions"] == 8).all()
    assert not np.allclose(plain["r2"], told["r2"])


def test_double_knockouts_of_a_folder(run, tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    genes = ["G1", "G2", "G3"]
    level = pd.DataFrame([[0.0, 0.9, 0.5], [0.8, 0.0, 0.4], [0.8, 0.9, 0.0]], columns=genes)
    level.to_csv(folder / "knockouts.tsv", sep="\t", index=False)
    pd.DataFrame([[0.8, 0.9, 0.7]], columns=genes).to_csv(
        folder / "wildtype.tsv", sep="\t", index=False
    )
    pd.DataFrame({"source": ["G1", "G2"], "target": ["G3", "G3"]}).to_csv(
        folder / "gold_edges.tsv", sep="\t", index=False
    )
    pd.DataFrame({"G_i": [1], "G_j": [2]}).to_csv(
        folder / "dualknockouts_indexes.tsv", sep="\t", index=False
    )
    (folder / "dualknockouts.tsv").write_text("0.0\t0.0\t0.2\n")
    result = run("responses", folder, "--members", 1, "--processes", 1, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "sum of both effects" in result.output
    assert len(pd.read_parquet(tmp_path / "out" / "double_knockouts.parquet")) == 7
