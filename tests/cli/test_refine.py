"""`edgelab refine` as a user runs it, and its result given back to `edgelab infer`."""

import json

import pandas as pd
import pytest

from edgelab.cli.steps import REFINEMENT_FILES

QUICK = ["--epochs", 6, "--rounds", 2, "--channels", 2, "--layers", 3, "--device", "cpu"]


@pytest.fixture
def toy(simulated):
    return simulated(200)


def test_a_refined_graph_goes_straight_back_into_infer(run, toy, tmp_path):
    refined = tmp_path / "refined"
    result = run("refine", *toy.options(), *QUICK, "--out", refined)
    assert result.exit_code == 0, result.output
    assert "kept" in result.output and "removed" in result.output
    assert set(REFINEMENT_FILES) <= {path.name for path in refined.iterdir()}
    edges, changes = (
        pd.read_csv(refined / "edges.csv"),
        pd.read_csv(refined / "changes.tsv", sep="\t"),
    )
    now = changes[changes["change"].isin(["kept", "added"])]
    assert set(zip(edges["source"], edges["target"], strict=True)) == set(
        zip(now["source"], now["target"], strict=True)
    )
    assert json.loads((refined / "metrics.json").read_text())["n_edges"] == len(edges)
    again = run(
        *(
            "infer",
            *toy.options(edges=refined / "edges.csv"),
            "--out",
            tmp_path / "found",
            "--splits",
            0,
        ),
        *("--task", "perturbation", "--epochs", 1, "--device", "cpu", "--check", 0),
    )
    assert again.exit_code == 0, again.output
    table = pd.read_parquet(tmp_path / "found" / "edges.parquet")
    known = table[table["has_edge"]]
    assert set(
        zip(known["src_func"].astype(str), known["dst_func"].astype(str), strict=True)
    ) == set(zip(edges["source"], edges["target"], strict=True))


def test_equal_seeds_give_equal_files_whatever_the_order_of_the_rows(run, toy, tmp_path):
    shuffled = tmp_path / "shuffled.csv"
    pd.read_csv(toy["edges"]).sample(frac=1, random_state=3).to_csv(shuffled, index=False)
    for name, edges in (("first", toy["edges"]), ("second", shuffled)):
        assert (
            run("refine", *toy.options(edges=edges), *QUICK, "--out", tmp_path / name).exit_code
            == 0
        )
    for name in ("edges.csv", "changes.tsv", "rounds.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_only_candidates_are_added_and_the_budget_holds(run, toy, tmp_path):
    candidates = tmp_path / "candidates.csv"
    candidates.write_text("source,target\nf0,f6\nf1,f6\n")
    out = tmp_path / "out"
    result = run(
        "refine", *toy.options(), *QUICK, "--out", out, "--candidates", candidates, "--budget", 5
    )
    assert result.exit_code == 0, result.output
    changes = pd.read_csv(out / "changes.tsv", sep="\t")
    new = changes[changes["change"].isin(["added", "tried"])]
    assert set(zip(new["source"], new["target"], strict=True)) <= {("f0", "f6"), ("f1", "f6")}
    assert len(pd.read_csv(out / "edges.csv")) <= 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--growth", "gradeint"], "unknown growth 'gradeint' (close: 'gradient'"),
        (["--start", "nothing"], "start must be one of ['prior', 'erdos-renyi'], got 'nothing'"),
        (["--budget", 1000], "the budget is 1000 edges"),
    ],
)
def test_bad_options_end_in_one_clear_line(run, toy, tmp_path, options, message):
    result = run("refine", *toy.options(), *QUICK, "--out", tmp_path / "out", *options)
    assert result.exit_code == 1 and message in result.output, result.output
    assert len(result.output.strip().splitlines()) <= 12
