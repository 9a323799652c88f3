"""`edgelab demo` as a user runs it."""

import json

import pandas as pd

from edgelab.cli.steps import RANKING_FILES
from edgelab.methods import METHODS
from edgelab.table import COLUMNS


def test_writes_everything_it_promises(run, tmp_path):
    out = tmp_path / "demo"
    result = run("demo", "--out", out, "--splits", 1, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert all(text in result.output for text in ("MEI partial", "random", "By MRR"))
    # The demo trains no model of its own and plants no edges.
    never = {"training.png", "calibration.csv", "calibration.png"}
    assert set(RANKING_FILES) - never <= {path.name for path in out.iterdir()}
    table = pd.read_parquet(out / "edges.parquet")
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert len(table) == 110
    metrics = json.loads((out / "metrics.json").read_text())
    assert {row["scorer"] for row in metrics["held_out_edges"]["mean_and_sd"]} == set(METHODS)
    config = json.loads((out / "config.json").read_text())
    assert config["arguments"]["seed"] == 0
    assert config["environment"]["torch"]
    assert config["data"]["sha256"]["y"]


def test_a_seed_without_room_for_the_hold_outs_is_one_clear_line(run, tmp_path, one_error):
    result = run("demo", "--out", tmp_path / "demo", "--seed", 2**63 - 1, "--splits", 2)
    line = one_error(result)
    assert f"seed {2**63 - 1}" in line
    assert "--splits" in line
    assert "samples" not in result.output  # before anything is computed
