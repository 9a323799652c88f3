"""`edgelab perturb` as a user runs it."""

import json

import pandas as pd
import pytest

from edgelab.cli.steps import PERTURBATION_FILES

QUICK = ["--epochs", 2, "--models", 2, "--channels", 2, "--layers", 3, "--device", "cpu"]


@pytest.fixture
def toy(simulated):
    return simulated(100)


def response_of(toy):
    return pd.read_csv(toy["y"]).columns[-1]


def test_writes_a_table_a_figure_and_all_that_is_needed_to_repeat_it(run, toy, tmp_path):
    out, budget = tmp_path / "out", 1.5
    result = run(
        "perturb",
        *toy.options(),
        *QUICK,
        "--response",
        response_of(toy),
        "--budget",
        budget,
        "--out",
        out,
    )
    assert result.exit_code == 0, result.output
    assert "Edges to change" in result.output and "not of experiments" in result.output
    assert set(PERTURBATION_FILES) <= {path.name for path in out.iterdir()}
    changes, metrics = (
        pd.read_csv(out / "changes.tsv", sep="\t"),
        json.loads((out / "metrics.json").read_text()),
    )
    assert len(changes) and changes["spent"].sum() <= budget * (1 + 1e-9)
    assert metrics["achieved"] < metrics["baseline"]
    assert json.loads((out / "config.json").read_text())["perturbing"]["budget"] == budget


def test_takes_a_data_set_by_name(run, tmp_path):
    result = run(
        "perturb",
        "sachs",
        *QUICK,
        "--response",
        "Erk_level",
        "--models",
        1,
        "--out",
        tmp_path / "out",
    )
    assert result.exit_code == 0, result.output
    assert "sachs" in result.output


@pytest.mark.slow
def test_equal_seeds_give_equal_files(run, toy, tmp_path):
    candidates, costs = tmp_path / "candidates.csv", tmp_path / "costs.csv"
    candidates.write_text("source,target\nf0,f6\n")
    costs.write_text("source,target,cost\nf0,f6,0.25\n")
    options = [
        "--candidate-edges",
        candidates,
        "--costs",
        costs,
        "--goal",
        "raise",
        "--max-edges",
        2,
    ]
    for name in ("first", "second"):
        result = run(
            "perturb",
            *toy.options(),
            *QUICK,
            *options,
            "--response",
            response_of(toy),
            "--out",
            tmp_path / name,
        )
        assert result.exit_code == 0, result.output
    for name in ("changes.tsv", "screen.tsv", "metrics.json"):
        if name.endswith("tsv"):
            assert (tmp_path / "first" / name).read_bytes() == (
                tmp_path / "second" / name
            ).read_bytes()
    screen = pd.read_csv(tmp_path / "first" / "screen.tsv", sep="\t")
    assert screen.loc[screen["kind"] == "candidate", "cost"].tolist() == [0.25]
    assert len(pd.read_csv(tmp_path / "first" / "changes.tsv", sep="\t")) <= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--goal", "lwoer"], "goal must be one of ['lower', 'raise', 'reach'], got 'lwoer'"),
        (["--target", 1.0], "a finite target goes with goal='reach'"),
        (["--budget", 0], "budget must be a positive number"),
        (["--condition", "aspirin"], "no sample has the condition 'aspirin'"),
        (["--response", "pERK"], "no output is called 'pERK'"),
    ],
)
def test_bad_options_end_in_one_clear_line(run, toy, tmp_path, options, message):
    result = run(
        "perturb",
        *toy.options(),
        *QUICK,
        "--response",
        response_of(toy),
        "--out",
        tmp_path / "out",
        *options,
    )
    assert result.exit_code == 1 and message in result.output, result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source,target,cost\nf0,f4,dear\n", "'dear' of ('f0', 'f4')"),
        ("source,target,cost\nf0,f4,\n", "'' of ('f0', 'f4')"),
        ("source,target\nf0,f4\n", "lacks the columns ['cost']"),
        ("source,target,cost\nf4,f0,1\n", "('f4', 'f0'), which may not change"),
        ("", "the file of costs is no table"),
    ],
)
def test_bad_costs_end_in_one_clear_line(run, toy, tmp_path, content, message):
    costs = tmp_path / "costs.csv"
    costs.write_text(content)
    options = ["--response", response_of(toy), "--costs", costs, "--out", tmp_path / "out"]
    result = run("perturb", *toy.options(), *QUICK, *options)
    assert result.exit_code == 1, result.output
    assert message in " ".join(result.output.split())
