"""`edgelab benchmark` as a user runs it."""

import pandas as pd


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
