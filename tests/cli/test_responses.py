"""`edgelab responses` as a user runs it."""

import json
from itertools import product

import numpy as np
import pandas as pd


def test_a_folder_of_tables(run, simulated, tmp_path):
    toy = simulated(40)
    x = pd.read_csv(toy["x"])
    (x > 0).astype(float).to_csv(toy["x"], index=False)
    options = ["--members", 1, "--epochs", 10, "--folds", 3, "--processes", 1]
    result = run("responses", toy.folder, *options, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (
        "ridge with pairs" in result.output
        and "random forest" in result.output
        and "GSNN" in result.output
    )
    records = pd.read_parquet(tmp_path / "out" / "conditions.parquet")
    assert len(records) == 5 and np.isfinite(records["r2"]).all()
    assert json.loads((tmp_path / "out" / "config.json").read_text())["arguments"]["members"] == 1


def test_a_cellnopt_folder_with_missing_values_and_cell_lines(run, tmp_path):
    folder = tmp_path / "liver"
    folder.mkdir()
    (folder / "PKN-liver.sif").write_text("egf 1 mek\nmek 1 erk\ntnf 1 erk\n")
    rows = []
    for line, egf, tnf, mek in product("ab", (0, 1), (0, 1), (0, 1)):
        missing = egf * mek > tnf
        value = "" if missing else egf + 0.1 * tnf
        rows.append(f"{int(line == 'a')},{int(line == 'b')},{egf},{tnf},{mek},9,{value}")
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
